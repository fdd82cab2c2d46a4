import type { LogBatch, LogEntry } from "../ports/log.js";
import { AbortWatches } from "../memory/abort-watches.js";
import type { ChangeWatch, ChangeWatcher } from "./change-watch.js";
import type { LogTable } from "./log-table.js";
import type { SegmentTable } from "./segment-table.js";
import type { StoredLogReader } from "./stored-log-reader.js";

/** What a tail takes from the file at once: events, and UTF-16 code units of their data. */
const BATCH_EVENTS = 1_024;
const BATCH_CHARACTERS = 1_048_576;

/** What a log has for a reader: a batch, or why there is none. */
export type Pulled = LogBatch | "nothing" | "end";

/** The open tails of this process. Those that have read everything wait here; the others cost nothing. */
export class LogReaders implements ChangeWatcher {
  readonly watches = new AbortWatches();
  readonly #logs: LogTable;
  readonly #segments: SegmentTable;
  readonly #watch: ChangeWatch;
  readonly #waiting = new Map<number, Set<StoredLogReader>>();
  /** First seqs of what is committed and not yet on the disk, by log: no tail gives what could still be lost. */
  readonly #unsynced = new Map<number, number[]>();
  #closed = false;

  constructor(logs: LogTable, segments: SegmentTable, watch: ChangeWatch) {
    this.#logs = logs;
    this.#segments = segments;
    this.#watch = watch;
    watch.add(this);
  }

  get interest(): "none" | "alive" {
    return this.#waiting.size > 0 ? "alive" : "none";
  }

  /** What comes after the cursor, for a tail. */
  pull(log: number, cursor: number): Pulled {
    const row = this.#closed ? undefined : this.#logs.get(log);
    if (row === undefined) return "end";
    const before = this.#unsynced.get(log)?.[0] ?? Infinity;
    if (row.next_seq - 1 > cursor) {
      const bounds = { limit: BATCH_EVENTS, maxCharacters: BATCH_CHARACTERS, before };
      const batch = this.#segments.read(log, cursor, { ...bounds, lostThrough: row.lost_through });
      if (batch.entries.length > 0) return batch;
    }
    return row.closed_at !== null && before === Infinity ? "end" : "nothing";
  }

  wait(reader: StoredLogReader): void {
    const readers = this.#waiting.get(reader.log);
    if (readers !== undefined) {
      readers.add(reader);
      return;
    }
    this.#waiting.set(reader.log, new Set([reader]));
    this.#watch.update();
  }

  stopWaiting(reader: StoredLogReader): void {
    const readers = this.#waiting.get(reader.log);
    if (readers?.delete(reader) !== true || readers.size > 0) return;
    this.#waiting.delete(reader.log);
    this.#watch.update();
  }

  /** Events from this seq on are committed and will be given by `publish`. */
  hold(log: number, firstSeq: number): void {
    const held = this.#unsynced.get(log);
    if (held === undefined) this.#unsynced.set(log, [firstSeq]);
    else held.push(firstSeq);
  }

  /** Ends the oldest `hold` of the log and gives its events to the tails that wait. */
  publish(log: number, entries: readonly LogEntry[]): void {
    const held = this.#unsynced.get(log);
    held?.shift();
    if (held?.length === 0) this.#unsynced.delete(log);
    const readers = this.#waiting.get(log);
    if (readers === undefined) return;
    const first = entries[0];
    for (const reader of readers) {
      // Mostly a reader stands just before: it is given what is at hand, without a look at the file.
      if (reader.cursor + 1 === first?.seq) reader.give({ entries });
      else reader.pull();
    }
  }

  /** The log was closed, removed, or written by another process. */
  wake(log: number): void {
    for (const reader of this.#waiting.get(log) ?? []) reader.pull();
  }

  changed(): void {
    for (const [log, readers] of this.#waiting) {
      const row = this.#logs.get(log);
      for (const reader of readers) {
        if (row === undefined || row.closed_at !== null || row.next_seq - 1 > reader.cursor) {
          reader.pull();
        }
      }
    }
  }

  /** Part of closing the store: every tail ends. */
  end(): void {
    this.#closed = true;
    for (const log of this.#waiting.keys()) this.wake(log);
  }
}
