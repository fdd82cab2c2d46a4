import type { LogEvent } from "../ports/log.js";

/** What an event says of an item: a piece of it, or that it is complete (and repeats all its pieces). */
export interface EventMark {
  readonly kind: "delta" | "complete";
  readonly itemId: string;
}

/**
 * The marks of Responses events (`*.delta` by `item_id`, `response.output_item.done` by `item.id`) and of
 * assistant events (`item.delta`, `item.completed` by `item_id`); undefined for every other event.
 */
export function markEvent(event: LogEvent): EventMark | undefined {
  const { type } = event;
  const complete = type === "response.output_item.done" || type === "item.completed";
  if (!complete && !type.endsWith(".delta")) return undefined;
  const itemId = readItemId(event.data);
  return itemId === undefined ? undefined : { kind: complete ? "complete" : "delta", itemId };
}

function readItemId(data: string): string | undefined {
  let event: { item_id?: unknown; item?: { id?: unknown } | null } | null;
  try {
    event = JSON.parse(data) as typeof event;
  } catch {
    return undefined;
  }
  const itemId = event?.item_id ?? event?.item?.id;
  return typeof itemId === "string" ? itemId : undefined;
}
