import { z } from "zod";
import { Tool, ToolChoice } from "./create-request.js";
import { OutputItem } from "./output-items.js";

/** Tokens that a response took. Counts, never negative. */
export const Usage = z.looseObject({
  input_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
  total_tokens: z.number().int().nonnegative(),
  input_tokens_details: z.looseObject({ cached_tokens: z.number().int().nonnegative() }),
  output_tokens_details: z.looseObject({ reasoning_tokens: z.number().int().nonnegative() }),
});
export type Usage = z.infer<typeof Usage>;

/** How far a response has come. */
export const ResponseStatus = z.enum([
  "queued",
  "in_progress",
  "completed",
  "incomplete",
  "failed",
  "cancelled",
]);
export type ResponseStatus = z.infer<typeof ResponseStatus>;

/** Why a response failed. */
export const ResponseError = z.looseObject({ code: z.string(), message: z.string() });
export type ResponseError = z.infer<typeof ResponseError>;

/** The response object: the 31 fields of Open Responses 2026-04-24, all present (ResponseResource). */
export const Response = z.looseObject({
  id: z.string(),
  object: z.literal("response"),
  created_at: z.number().int(),
  completed_at: z.number().int().nullable(),
  status: ResponseStatus,
  incomplete_details: z.looseObject({ reason: z.string() }).nullable(),
  model: z.string(),
  previous_response_id: z.string().nullable(),
  instructions: z.string().nullable(),
  output: z.array(OutputItem),
  error: ResponseError.nullable(),
  tools: z.array(Tool),
  tool_choice: ToolChoice,
  truncation: z.string(),
  parallel_tool_calls: z.boolean(),
  text: z.looseObject({ format: z.looseObject({ type: z.string() }) }),
  top_p: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  top_logprobs: z.number().int(),
  temperature: z.number(),
  reasoning: z
    .looseObject({ effort: z.string().nullable(), summary: z.string().nullable() })
    .nullable(),
  usage: Usage.nullable(),
  max_output_tokens: z.number().int().nullable(),
  max_tool_calls: z.number().int().nullable(),
  store: z.boolean(),
  background: z.boolean(),
  service_tier: z.string(),
  /** Up to 16 pairs of the client, and the trace id where it was asked for (B39). */
  metadata: z.record(z.string(), z.string()),
  safety_identifier: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
});
export type Response = z.infer<typeof Response>;
