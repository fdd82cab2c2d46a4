import type { AgentRequest, InputItem } from "@wheelhouse/core";

/**
 * One descriptor for every request. A getter made anew for each would give each body a hidden class of its
 * own in V8's old space: measured, that tripled the CPU of a small request.
 */
const INPUT_TEXT: PropertyDescriptor & ThisType<Record<string, unknown>> = {
  configurable: true,
  enumerable: false,
  get() {
    return lastUserText(this["input"]);
  },
};

/**
 * The author's view of a body: the body itself, with `input_text` beside its own fields. Not
 * enumerable, so that the request compares and serialises as what the client sent (B19, B22).
 */
export function createAgentRequest(body: Record<string, unknown>): AgentRequest {
  return Object.defineProperty(body, "input_text", INPUT_TEXT) as AgentRequest;
}

/** The text of the last user message: its string, or its text parts joined. */
function lastUserText(input: unknown): string {
  if (!Array.isArray(input)) return "";
  const message = (input as InputItem[]).findLast(
    (item) => (item as { role?: unknown }).role === "user",
  ) as { content?: unknown } | undefined;
  if (typeof message?.content === "string") return message.content;
  if (!Array.isArray(message?.content)) return "";
  return message.content
    .map((part: { text?: unknown } | null) => (typeof part?.text === "string" ? part.text : ""))
    .filter((text) => text !== "")
    .join("\n");
}
