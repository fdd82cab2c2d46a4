import { z } from "zod";

/**
 * Schemas of Open Responses 2026-04-24 as strict as its suite's: what it takes no null for is never null,
 * an item of another protocol is refused, further fields are let through.
 */
const ItemStatus = z.enum(["in_progress", "completed", "incomplete"]);

const Annotation = z.looseObject({
  type: z.literal("url_citation"),
  url: z.string(),
  title: z.string(),
  start_index: z.int(),
  end_index: z.int(),
});

const LogProb = z.looseObject({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int()),
});

const ContentPart = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("output_text"),
    text: z.string(),
    annotations: z.array(Annotation),
    logprobs: z.array(LogProb).optional(),
  }),
  z.looseObject({ type: z.literal("refusal"), refusal: z.string() }),
  z.looseObject({ type: z.literal("input_text"), text: z.string() }),
  z.looseObject({
    type: z.literal("input_image"),
    image_url: z.string().nullable(),
    detail: z.enum(["low", "high", "auto"]),
  }),
  z.looseObject({ type: z.literal("input_file") }),
  z.looseObject({ type: z.literal("reasoning_text"), text: z.string() }),
  z.looseObject({ type: z.literal("summary_text"), text: z.string() }),
  z.looseObject({ type: z.literal("text"), text: z.string() }),
]);

const Message = z.looseObject({
  type: z.literal("message"),
  id: z.string().min(1),
  status: ItemStatus,
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.array(ContentPart),
  phase: z.enum(["commentary", "final_answer"]).nullish(),
});

const Compaction = z.looseObject({
  type: z.literal("compaction"),
  id: z.string().min(1),
  encrypted_content: z.string().min(1),
});

/** An item of an output. */
const Item = z.discriminatedUnion("type", [
  Message,
  z.looseObject({
    type: z.literal("function_call"),
    id: z.string().min(1),
    call_id: z.string().min(1).max(64),
    name: z.string().min(1).max(64),
    arguments: z.string(),
    status: ItemStatus,
  }),
  z.looseObject({
    type: z.literal("function_call_output"),
    id: z.string().min(1),
    call_id: z.string().min(1).max(64),
    output: z.union([z.string(), z.array(ContentPart)]),
    status: ItemStatus,
  }),
  z.looseObject({
    type: z.literal("reasoning"),
    id: z.string().min(1),
    summary: z.array(ContentPart),
    content: z.array(ContentPart).optional(),
    encrypted_content: z.string().optional(),
    status: ItemStatus.optional(),
  }),
  Compaction,
]);

const FunctionTool = z.looseObject({
  type: z.literal("function"),
  name: z.string(),
  description: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  strict: z.boolean().nullable(),
});

const ToolMode = z.enum(["none", "auto", "required"]);
const NamedFunction = z.looseObject({ type: z.literal("function"), name: z.string() });

const ToolChoice = z.union([
  ToolMode,
  NamedFunction,
  z.looseObject({
    type: z.literal("allowed_tools"),
    mode: ToolMode,
    tools: z.array(NamedFunction),
  }),
]);

const Usage = z.looseObject({
  input_tokens: z.int(),
  output_tokens: z.int(),
  total_tokens: z.int(),
  input_tokens_details: z.looseObject({ cached_tokens: z.int() }),
  output_tokens_details: z.looseObject({ reasoning_tokens: z.int() }),
});

/** The response object: 31 fields, all of them there. */
export const ResponseResource = z.looseObject({
  id: z.string().min(1),
  object: z.literal("response"),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.enum(["queued", "in_progress", "completed", "failed", "incomplete", "cancelled"]),
  incomplete_details: z.looseObject({ reason: z.string() }).nullable(),
  model: z.string(),
  previous_response_id: z.string().nullable(),
  instructions: z.string().nullable(),
  output: z.array(Item),
  error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  tools: z.array(FunctionTool),
  tool_choice: ToolChoice,
  truncation: z.enum(["auto", "disabled"]),
  parallel_tool_calls: z.boolean(),
  text: z.looseObject({ format: z.looseObject({ type: z.enum(["text", "json_object"]) }) }),
  top_p: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  top_logprobs: z.int(),
  temperature: z.number(),
  reasoning: z
    .looseObject({ effort: z.string().nullable(), summary: z.string().nullable() })
    .nullable(),
  usage: Usage.nullable(),
  max_output_tokens: z.int().nullable(),
  max_tool_calls: z.int().nullable(),
  store: z.boolean(),
  background: z.boolean(),
  service_tier: z.string(),
  metadata: z.record(z.string(), z.string()),
  safety_identifier: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
});

export type ResponseResource = z.infer<typeof ResponseResource>;

/** What `/responses/compact` answers. */
export const CompactResource = z.looseObject({
  id: z.string().min(1),
  object: z.literal("response.compaction"),
  created_at: z.int(),
  output: z.array(z.discriminatedUnion("type", [Message, Compaction])),
  usage: Usage,
});

/** An event with its number. */
const event = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.looseObject({ type: z.literal(type), sequence_number: z.int().min(0), ...fields });

const life = <Type extends string>(type: Type) => event(type, { response: ResponseResource });
const item = { output_index: z.int(), item: Item };
const place = { item_id: z.string().min(1), output_index: z.int() };
const inContent = { ...place, content_index: z.int() };
const inSummary = { ...place, summary_index: z.int() };
const logprobs = z.array(LogProb);

/** The 24 events of a stream. */
export const StreamEvent = z.discriminatedUnion("type", [
  life("response.created"),
  life("response.queued"),
  life("response.in_progress"),
  life("response.completed"),
  life("response.failed"),
  life("response.incomplete"),
  event("response.output_item.added", item),
  event("response.output_item.done", item),
  event("response.content_part.added", { ...inContent, part: ContentPart }),
  event("response.content_part.done", { ...inContent, part: ContentPart }),
  event("response.output_text.delta", {
    ...inContent,
    delta: z.string(),
    logprobs: logprobs.optional(),
    obfuscation: z.string().optional(),
  }),
  event("response.output_text.done", {
    ...inContent,
    text: z.string(),
    logprobs: logprobs.optional(),
  }),
  event("response.output_text.annotation.added", {
    ...inContent,
    annotation_index: z.int(),
    annotation: Annotation.nullable(),
  }),
  event("response.refusal.delta", { ...inContent, delta: z.string() }),
  event("response.refusal.done", { ...inContent, refusal: z.string() }),
  event("response.function_call_arguments.delta", {
    ...place,
    delta: z.string(),
    obfuscation: z.string().optional(),
  }),
  event("response.function_call_arguments.done", { ...place, arguments: z.string() }),
  event("response.reasoning_summary_part.added", { ...inSummary, part: ContentPart }),
  event("response.reasoning_summary_part.done", { ...inSummary, part: ContentPart }),
  event("response.reasoning_summary_text.delta", {
    ...inSummary,
    delta: z.string(),
    obfuscation: z.string().optional(),
  }),
  event("response.reasoning_summary_text.done", { ...inSummary, text: z.string() }),
  event("response.reasoning.delta", { ...inContent, delta: z.string() }),
  event("response.reasoning.done", { ...inContent, text: z.string() }),
  event("error", {
    error: z.looseObject({
      type: z.string(),
      code: z.string().nullable(),
      message: z.string(),
      param: z.string().nullable(),
    }),
  }),
]);

export type StreamEvent = z.infer<typeof StreamEvent>;

/** How a request is refused over a WebSocket. */
export const SocketError = z.looseObject({
  type: z.literal("error"),
  status: z.int(),
  error: z.looseObject({
    code: z.string(),
    message: z.string(),
    type: z.string().optional(),
    param: z.string().nullish(),
  }),
});
