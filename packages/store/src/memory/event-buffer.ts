import type { LogBatch, LogEntry } from "../ports/log.js";

/** Stands where an entry was let go, so that the array keeps nothing of it alive. */
const GONE: LogEntry = { seq: -1, type: "", data: "" };

/** The events a log still holds, by ascending seq. Letting go of the oldest costs O(1) an event. */
export class EventBuffer {
  #entries: LogEntry[] = [];
  #head = 0;
  #characters = 0;
  /** The newest seq that was let go to stay within the bounds; -1 for none. */
  #lostThrough = -1;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** UTF-16 code units of the data held. */
  get characters(): number {
    return this.#characters;
  }

  get firstSeq(): number | undefined {
    return this.#entries[this.#head]?.seq;
  }

  push(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#characters += entry.data.length;
  }

  /** At most `limit` entries after the cursor, with the gap if some of them were lost. */
  after(cursor: number, limit = Infinity): LogBatch {
    const start = this.#indexAfter(cursor);
    const entries = this.#entries.slice(start, start + limit);
    const first = this.#entries[start];
    return cursor < this.#lostThrough && first !== undefined
      ? { entries, gapBefore: first.seq }
      : { entries };
  }

  hasAfter(cursor: number): boolean {
    const last = this.#entries.at(-1);
    return last !== undefined && last.seq > cursor;
  }

  /** The entries after a seq, one by one, without a copy. */
  *iterateAfter(cursor: number): Generator<LogEntry> {
    for (let at = this.#indexAfter(cursor); at < this.#entries.length; at++) {
      const entry = this.#entries[at];
      if (entry !== undefined) yield entry;
    }
  }

  dropFirst(): void {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return;
    this.#entries[this.#head++] = GONE;
    this.#characters -= entry.data.length;
    this.#lostThrough = entry.seq;
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head >= 64 && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  dropThrough(seq: number): void {
    while (this.length > 0 && (this.firstSeq ?? Infinity) <= seq) this.dropFirst();
  }

  /** Drops what `drop` names; the oldest seq it can name, if known, spares a look at those before. */
  compact(drop: (entry: LogEntry) => boolean, fromSeq = -1): void {
    const start = this.#indexAfter(fromSeq - 1);
    const kept: LogEntry[] = [];
    let characters = this.#characters;
    for (let at = start; at < this.#entries.length; at++) {
      const entry = this.#entries[at];
      if (entry === undefined) continue;
      if (drop(entry)) characters -= entry.data.length;
      else kept.push(entry);
    }
    // Only now, so that a `drop` that throws has changed nothing.
    this.#characters = characters;
    this.#entries.length = start;
    for (const entry of kept) this.#entries.push(entry);
    if (this.length === 0) this.clear();
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#characters = 0;
  }

  /** The place of the first entry after the cursor. */
  #indexAfter(cursor: number): number {
    const entries = this.#entries;
    const first = entries[this.#head];
    const last = entries.at(-1);
    if (first === undefined || last === undefined || last.seq <= cursor) return entries.length;
    if (first.seq > cursor) return this.#head;
    // Without holes the place follows from the seq.
    if (last.seq - first.seq === entries.length - 1 - this.#head) {
      return this.#head + cursor - first.seq + 1;
    }
    let low = this.#head;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.seq ?? Infinity) <= cursor) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
