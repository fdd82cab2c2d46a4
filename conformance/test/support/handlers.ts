import { invoke, stream } from "@wheelhouse/agent-sdk";
import type { AgentContext, AgentRequest } from "@wheelhouse/core";

/** The assistant's message that H and S answer with. */
export const MESSAGE = {
  type: "message",
  id: "m1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "hi" }],
} as const;

/** The events that S yields. */
export const DELTA = { type: "response.output_text.delta", item_id: "m1", delta: "hi" } as const;
export const DONE = { type: "response.output_item.done", item: MESSAGE } as const;

/** Handler H of the behaviours: an `invoke` that answers with one message. */
export const H = invoke(function h() {
  return { output: [MESSAGE] };
});

/** Handler S of the behaviours: a `stream` of one delta and the message it belongs to. */
export const S = stream(async function* s() {
  yield DELTA;
  yield DONE;
});

/** The body IN of the behaviours. */
export const IN = { input: [{ role: "user", content: "hi" }] } as const;

/** A message with a text of its own. */
export function message(text: string, id = "m1") {
  return { ...MESSAGE, id, content: [{ type: "output_text", text }] };
}

/** An agent's function without the types that would keep it from a mistake. */
type LooseFunction = (request: AgentRequest, context: AgentContext) => unknown;

/** `invoke` for authors who return what they must not. */
export const looseInvoke = (fn: LooseFunction) => invoke(fn as never);

/** `stream` for authors who yield what they must not. */
export const looseStream = (fn: LooseFunction) => stream(fn as never);
