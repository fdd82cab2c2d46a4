import { idJson } from "../id-json.js";

const FIELDS = ["type", "item_id", "delta"];

/** MLflow's text delta as JSON text: a third of the time of a pass over the object, and the same text. */
export function textDelta(itemId: string, delta: string): string {
  return `{"type":"response.output_text.delta","item_id":${idJson(itemId)},"delta":${JSON.stringify(delta)}}`;
}

/**
 * The same for an author's event that has just these fields, in this order, and no say in its own JSON
 * form; undefined for any other.
 */
export function plainTextDelta(event: { readonly type: string }): string | undefined {
  if (event.type !== "response.output_text.delta") return undefined;
  if (Object.getPrototypeOf(event) !== Object.prototype) return undefined;
  let at = 0;
  for (const name in event) if (name !== FIELDS[at++]) return undefined;
  const { item_id, delta } = event as { item_id?: unknown; delta?: unknown };
  return at === FIELDS.length && typeof item_id === "string" && typeof delta === "string"
    ? textDelta(item_id, delta)
    : undefined;
}
