import type { LogEntry } from "../ports/log.js";

/** Events and characters of a segment: what a reader takes from the file at once. */
const MAX_EVENTS = 256;
const MAX_CHARACTERS = 262_144;

/** Events of one log that were written together, as one row. */
export interface Segment {
  readonly first_seq: number;
  readonly last_seq: number;
  /** JSON of the seqs of its events; null when there is no hole between the first and the last. */
  readonly seqs: string | null;
  /** JSON of type and data of each, one after the other in one array. */
  readonly events: string;
}

/** Entries by ascending seq as rows; none for no entries. */
export function encodeSegments(entries: readonly LogEntry[]): Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  let characters = 0;
  for (const [at, entry] of entries.entries()) {
    characters += entry.data.length;
    const isFull = at + 1 - start >= MAX_EVENTS || characters >= MAX_CHARACTERS;
    if (!isFull && at + 1 < entries.length) continue;
    const isWhole = start === 0 && at + 1 === entries.length;
    segments.push(encode(isWhole ? entries : entries.slice(start, at + 1)));
    start = at + 1;
    characters = 0;
  }
  return segments;
}

/** Throws for a row that is damaged. */
export function decodeSegment({ first_seq, last_seq, seqs, events }: Segment): LogEntry[] {
  const texts = JSON.parse(events) as unknown;
  const numbers = seqs === null ? undefined : (JSON.parse(seqs) as unknown);
  const count = Array.isArray(texts) ? texts.length / 2 : NaN;
  const expected = Array.isArray(numbers) ? numbers.length : last_seq - first_seq + 1;
  if (!Array.isArray(texts) || count !== expected) throw new Error("The row is not complete.");
  const entries: LogEntry[] = [];
  for (let at = 0; at < count; at++) {
    const seq: unknown = Array.isArray(numbers) ? numbers[at] : first_seq + at;
    const type: unknown = texts[2 * at];
    const data: unknown = texts[2 * at + 1];
    if (typeof seq !== "number" || typeof type !== "string" || typeof data !== "string") {
      throw new TypeError("The row holds something else than events.");
    }
    entries.push({ seq, type, data });
  }
  return entries;
}

function encode(entries: readonly LogEntry[]): Segment {
  const first = entries[0]?.seq ?? 0;
  const last = entries.at(-1)?.seq ?? 0;
  const hasHoles = last - first + 1 !== entries.length;
  const texts: string[] = [];
  for (const { type, data } of entries) texts.push(type, data);
  return {
    first_seq: first,
    last_seq: last,
    seqs: hasHoles ? JSON.stringify(entries.map((entry) => entry.seq)) : null,
    events: JSON.stringify(texts),
  };
}
