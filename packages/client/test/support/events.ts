import type { AgentResponse, StreamEvent } from "../../src/index.js";

export const ID = "resp_0123456789abcdef01234567";

/** A response object with the fields that the client reads. */
export const response = (
  status: AgentResponse["status"],
  fields: Partial<AgentResponse> = {},
): AgentResponse =>
  ({
    id: ID,
    object: "response",
    status,
    output: [],
    error: null,
    store: true,
    ...fields,
  }) as AgentResponse;

export const message = (text: string, id = "msg_1"): AgentResponse["output"][number] => ({
  type: "message",
  id,
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
});

/** The whole life of a response that says the pieces, numbered from 0. */
export function lifeOf(pieces: readonly string[]): StreamEvent[] {
  const item = message(pieces.join(""));
  const open = { ...item, status: "in_progress", content: [] };
  const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const events: object[] = [
    { type: "response.created", response: response("in_progress") },
    { type: "response.in_progress", response: response("in_progress") },
    { type: "response.output_item.added", output_index: 0, item: open },
    ...pieces.map((delta) => ({ type: "response.output_text.delta", ...at, delta, logprobs: [] })),
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: response("completed", { output: [item] }) },
  ];
  return events.map((event, number) => ({ ...event, sequence_number: number })) as StreamEvent[];
}
