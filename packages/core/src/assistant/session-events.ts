import { z } from "zod";

const turn = { turn_id: z.string() };
const item = { ...turn, item_id: z.string() };
const usage = z.looseObject({
  input_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
  cache_read_tokens: z.number().int().nonnegative().optional(),
  cache_write_tokens: z.number().int().nonnegative().optional(),
  cost_usd: z.number().nonnegative().nullable(),
});

/** What an assistant session shows: a message, thinking, a tool call and its result. */
export const AssistantItem = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("user_message"), id: z.string(), text: z.string() }),
  z.looseObject({ kind: z.literal("agent_message"), id: z.string(), text: z.string() }),
  z.looseObject({ kind: z.literal("reasoning"), id: z.string(), text: z.string() }),
  z.looseObject({
    kind: z.literal("tool_call"),
    id: z.string(),
    name: z.string(),
    input: z.record(z.string(), z.unknown()),
    output: z.unknown().optional(),
    is_error: z.boolean().optional(),
  }),
]);
export type AssistantItem = z.infer<typeof AssistantItem>;

/** How a turn ended. */
export const TurnStatus = z.enum(["completed", "interrupted", "failed"]);
export type TurnStatus = z.infer<typeof TurnStatus>;

/**
 * The events of an assistant session's log. A turn has exactly one `turn.completed`; every
 * `request.opened` is followed by one `request.resolved`; `seq` is given by the log.
 */
export const AssistantEvent = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("message.accepted"), message_id: z.string(), text: z.string() }),
  z.looseObject({
    type: z.literal("message.queued"),
    message_id: z.string(),
    position: z.number(),
  }),
  z.looseObject({ type: z.literal("turn.started"), ...turn, message_ids: z.array(z.string()) }),
  z.looseObject({
    type: z.literal("turn.completed"),
    ...turn,
    status: TurnStatus,
    result: z.unknown().optional(),
    error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
    usage: usage.optional(),
  }),
  z.looseObject({ type: z.literal("item.started"), ...item, item: AssistantItem }),
  z.looseObject({
    type: z.literal("item.delta"),
    ...item,
    channel: z.enum(["text", "reasoning", "tool_input", "tool_output"]),
    delta: z.string(),
  }),
  z.looseObject({ type: z.literal("item.completed"), ...item, item: AssistantItem }),
  z.looseObject({ type: z.literal("item.retracted"), ...item }),
  z.looseObject({
    type: z.literal("request.opened"),
    ...turn,
    request_id: z.string(),
    kind: z.enum(["permission", "question", "client_tool"]),
    tool_name: z.string(),
    tool_input: z.record(z.string(), z.unknown()),
    expires_at: z.number().int().optional(),
  }),
  z.looseObject({
    type: z.literal("request.resolved"),
    ...turn,
    request_id: z.string(),
    outcome: z.enum(["allowed", "denied", "answered", "withdrawn", "expired"]),
  }),
  z.looseObject({ type: z.literal("usage.updated"), ...turn, usage }),
  z.looseObject({
    type: z.literal("notice"),
    level: z.enum(["info", "warning", "error"]),
    text: z.string(),
  }),
  z.looseObject({ type: z.literal("raw"), ...turn, provider: z.string(), payload: z.unknown() }),
]);
export type AssistantEvent = z.infer<typeof AssistantEvent>;
