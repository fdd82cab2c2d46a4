import { z } from "zod";
import { listOf } from "../list-of.js";
import { InputItem } from "./input-items.js";

/** A tool the client offers. Unknown kinds are kept: the agent decides what it can use. */
export const Tool = z.looseObject({ type: z.string().min(1), name: z.string().optional() });
export type Tool = z.infer<typeof Tool>;

/** Which tools the model may or must call. */
export const ToolChoice = z.union([z.string(), z.looseObject({ type: z.string() })]);
export type ToolChoice = z.infer<typeof ToolChoice>;

/** MLflow's context of a chat: who talks, and in which conversation. */
export const ChatContext = z.looseObject({
  conversation_id: z.string().nullish(),
  user_id: z.string().nullish(),
});
export type ChatContext = z.infer<typeof ChatContext>;

/** At most 16 pairs of strings, keys up to 64 and values up to 512 characters (Responses API, `metadata`). */
export const Metadata = z
  .record(z.string(), z.unknown())
  // First the count, so that a record of a million pairs is not explained pair by pair.
  .refine((pairs) => Object.keys(pairs).length <= 16, "Too big: expected at most 16 pairs")
  .meta({ maxProperties: 16, additionalProperties: { type: "string", maxLength: 512 } })
  .pipe(z.record(z.string().max(64), z.string().max(512)));
export type Metadata = z.infer<typeof Metadata>;

/** What happens to a run whose client leaves, for this request: the agent's own policy where it is absent. */
export const RequestDisconnect = z.union([
  z.enum(["cancel", "detach"]),
  z.object({ graceMs: z.number().int().min(0).max(2_147_483_647) }),
]);
export type RequestDisconnect = z.infer<typeof RequestDisconnect>;

/**
 * The body of `POST /responses` (Open Responses 2026-04-24, CreateResponseBody, with OpenAI's fields).
 * Unknown fields are kept for the agent and never refused.
 */
export const CreateResponseRequest = z.looseObject({
  input: z.union([z.string(), listOf(InputItem)]).nullish(),
  model: z.string().nullish(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
  include: listOf(z.string()).nullish(),
  tools: listOf(Tool).nullish(),
  tool_choice: ToolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  max_tool_calls: z.number().int().min(1).nullish(),
  metadata: Metadata.nullish(),
  text: z.looseObject({}).nullish(),
  reasoning: z.looseObject({}).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({}).nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  truncation: z.string().nullish(),
  service_tier: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  user: z.string().nullish(),
  context: ChatContext.nullish(),
  custom_inputs: z.record(z.string(), z.unknown()).nullish(),
  /** Ours. */
  disconnect: RequestDisconnect.nullish(),
});
export type CreateResponseRequest = z.infer<typeof CreateResponseRequest>;
