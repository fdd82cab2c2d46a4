import type { StoredSpan } from "../../ports/traces.js";

/** A line of a batch: the trace id, `+` for a root and `-` for another span, the JSON text, which has no line ends. */
export const toLine = ({ traceId, isRoot, data }: StoredSpan): string =>
  `${traceId}${isRoot ? "+" : "-"}${data}`;

/**
 * What a trace's batches are found by: 52 of the id's 128 random bits, so that it is a number that both
 * JavaScript and SQLite hold exactly. The lines have the whole id.
 */
export const traceKey = (traceId: string): number => Number.parseInt(traceId.slice(0, 13), 16);

/** Where a page begins: a batch, and the line of it that the page before ended with. */
export function parseCursor(cursor: string | undefined): { batch: number; below: number } {
  if (cursor === undefined) return { batch: Number.MAX_SAFE_INTEGER, below: Infinity };
  const match = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor);
  if (match === null) throw new RangeError("cursor must be the next of a page.");
  return { batch: Number(match[1]), below: Number(match[2]) };
}
