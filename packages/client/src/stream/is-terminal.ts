import type { StreamEvent } from "../types/stream-event.js";

type TerminalType = "response.completed" | "response.incomplete" | "response.failed";

/** Whether an event is the last of its stream. A cancelled run ends with `response.failed`, status `cancelled`. */
export function isTerminal(
  event: StreamEvent,
): event is Extract<StreamEvent, { type: TerminalType }> {
  return (
    event.type === "response.completed" ||
    event.type === "response.incomplete" ||
    event.type === "response.failed"
  );
}
