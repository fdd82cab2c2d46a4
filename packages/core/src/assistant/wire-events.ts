import { z } from "zod";

/** A block of a message as MLflow's page reads it: told apart by its keys, without a `type` (B136). */
export const AssistantBlock = z.union([
  z.looseObject({ text: z.string() }),
  z.looseObject({ thinking: z.string(), signature: z.string().optional() }),
  z.looseObject({ id: z.string(), name: z.string(), input: z.record(z.string(), z.unknown()) }),
  z.looseObject({
    tool_use_id: z.string(),
    content: z.union([z.string(), z.array(z.looseObject({}))]).nullable(),
    is_error: z.boolean().nullable(),
  }),
]);
export type AssistantBlock = z.infer<typeof AssistantBlock>;

/** MLflow's server-sent events, by their `event:` name (B135-B137, B158, B163, B190-B193). */
export const AssistantWireEvents = {
  message: z.looseObject({
    message: z.looseObject({
      role: z.enum(["user", "assistant", "system"]),
      content: z.union([z.string(), z.array(AssistantBlock)]),
    }),
  }),
  stream_event: z.looseObject({ event: z.looseObject({ type: z.string() }) }),
  permission_request: z.looseObject({
    request_id: z.string(),
    tool_name: z.string(),
    tool_input: z.record(z.string(), z.unknown()),
  }),
  client_tool_call: z.looseObject({
    request_id: z.string(),
    tool_name: z.string(),
    tool_input: z.record(z.string(), z.unknown()),
    continuation: z.literal("terminal").optional(),
  }),
  done: z.looseObject({ result: z.unknown(), session_id: z.string() }),
  error: z.looseObject({
    error: z.string().min(1),
    error_code: z.string().optional(),
    session_id: z.string().optional(),
  }),
  interrupted: z.looseObject({ message: z.string() }),
} as const;

/** An `event:` name of MLflow's assistant stream. */
export type AssistantWireEventName = keyof typeof AssistantWireEvents;

/** What one of MLflow's assistant events carries. */
export type AssistantWireEvent<Name extends AssistantWireEventName = AssistantWireEventName> = {
  [Key in Name]: { event: Key; data: z.infer<(typeof AssistantWireEvents)[Key]> };
}[Name];
