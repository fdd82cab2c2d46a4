import type { LogEntry } from "../ports/log.js";
import type { EventBuffer } from "./event-buffer.js";
import type { EventMark } from "./event-mark.js";

/** What is asked of the events that a log holds. */
export type HeldEvents = Pick<EventBuffer, "length" | "firstSeq" | "iterateAfter" | "compact">;

/**
 * Finds the deltas of complete items in one log. Made when the log first goes over its bounds, and looks
 * at each event once: a log within its bounds is never parsed.
 */
export class CompleteDeltas {
  readonly #mark: (entry: LogEntry) => EventMark | undefined;
  /** Seqs of the deltas of items that are not complete yet. */
  readonly #open = new Map<string, number[]>();
  #openCount = 0;
  #seenThrough = -1;

  constructor(mark: (entry: LogEntry) => EventMark | undefined) {
    this.#mark = mark;
  }

  /** Drops from the buffer the deltas of the items that became complete since the last call. */
  drop(buffer: HeldEvents): void {
    const complete = new Set<number>();
    let oldest = Infinity;
    for (const entry of buffer.iterateAfter(this.#seenThrough)) {
      this.#seenThrough = entry.seq;
      const mark = this.#mark(entry);
      if (mark === undefined) continue;
      const deltas = this.#open.get(mark.itemId);
      if (mark.kind === "delta") {
        if (deltas === undefined) this.#open.set(mark.itemId, [entry.seq]);
        else deltas.push(entry.seq);
        this.#openCount++;
      } else if (deltas !== undefined) {
        this.#open.delete(mark.itemId);
        this.#openCount -= deltas.length;
        for (const seq of deltas) complete.add(seq);
        oldest = Math.min(oldest, deltas[0] ?? Infinity);
      }
    }
    if (complete.size > 0) buffer.compact((entry) => complete.has(entry.seq), oldest);
    if (this.#openCount > 2 * buffer.length + 64) this.#forget(buffer.firstSeq ?? Infinity);
  }

  /** Lets go of seqs that the log has let go of, so that an item that never completes costs no more than the log. */
  #forget(before: number): void {
    this.#openCount = 0;
    for (const [itemId, deltas] of this.#open) {
      const left = deltas.filter((seq) => seq >= before);
      if (left.length === 0) this.#open.delete(itemId);
      else this.#open.set(itemId, left);
      this.#openCount += left.length;
    }
  }
}
