import type { UnsequencedEvent } from "@wheelhouse/core";
import type { LogEvent } from "@wheelhouse/store";
import { textDelta } from "./text-delta.js";

/**
 * MLflow's sparse form of our own vocabulary (behaviours, definitions): text deltas and whole items,
 * nothing of the life cycle around them.
 */
export function sparseEvents(events: readonly UnsequencedEvent[]): LogEvent[] {
  const sparse: LogEvent[] = [];
  for (const event of events) {
    if (event.type === "response.output_text.delta")
      sparse.push({ type: event.type, data: textDelta(event.item_id, event.delta) });
    else if (event.type === "response.output_item.done")
      sparse.push(logEvent({ type: event.type, item: event["item"] }));
    else if ((event.type as string).startsWith("wheelhouse:"))
      sparse.push(
        logEvent({
          type: event.type.slice("wheelhouse:".length),
          data: (event as { data?: unknown }).data,
        }),
      );
  }
  return sparse;
}

/** An event as the log holds it. */
function logEvent(event: { type: string; [key: string]: unknown }): LogEvent {
  return { type: event.type, data: JSON.stringify(event) };
}

/** A whole item as events: clients that read only deltas see its text too. */
export function wholeItemEvents(item: Record<string, unknown>): LogEvent[] {
  const content = item["type"] === "message" ? item["content"] : [];
  const text = (Array.isArray(content) ? content : [])
    .map((part: { text?: unknown }) => (typeof part.text === "string" ? part.text : ""))
    .join("");
  const done = logEvent({ type: "response.output_item.done", item });
  if (text === "" || typeof item["id"] !== "string") return [done];
  return [logEvent({ type: "response.output_text.delta", item_id: item["id"], delta: text }), done];
}

/** A message of one text. */
export function textMessage(id: string, text: string): Record<string, unknown> {
  return {
    type: "message",
    id,
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}
