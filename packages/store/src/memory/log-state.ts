import type { LogBatch, LogInfo, LogWriter } from "../ports/log.js";
import type { CompleteDeltas } from "./complete-deltas.js";
import { EventBuffer } from "./event-buffer.js";
import type { LogReader } from "./log-reader.js";

/** A writer as the log keeps it: the only one whose appends are taken. */
export interface CurrentWriter extends LogWriter {
  nextSeq: number;
}

/** One log of the memory driver. */
export class LogState {
  readonly logId: string;
  readonly owner: string | null;
  readonly retain: "all" | "unread";
  readonly buffer = new EventBuffer();
  writer: CurrentWriter;
  nextSeq = 0;
  closed = false;
  /** Gone at somebody's request: readers end without reading on. */
  removed = false;
  cancelRequested = false;
  renewedAt: number;
  /** Made when the log first goes over its bounds. */
  completeDeltas: CompleteDeltas | undefined;
  /** Readers that have read everything and want more. */
  readonly waiting = new Set<LogReader>();
  /** Open readers of an `unread` log; empty for others, which need not know theirs. */
  readonly attached = new Set<LogReader>();
  /** Its place among the closed logs, once it is one. */
  finished: { readonly ordinal: number; readonly characters: number } | undefined;
  readonly cancelListeners = new Set<() => void>();
  /** An `unread` log is let go of when its last reader leaves it after the end. */
  readonly #onAbandoned: (log: LogState) => void;
  #wakeScheduled = false;
  #wasRead = false;

  constructor(
    logId: string,
    owner: string | null,
    retain: "all" | "unread",
    now: number,
    onAbandoned: (log: LogState) => void,
  ) {
    this.logId = logId;
    this.owner = owner;
    this.retain = retain;
    this.writer = { logId, epoch: 0, nextSeq: 0 };
    this.renewedAt = now;
    this.#onAbandoned = onAbandoned;
  }

  info(): LogInfo {
    return {
      logId: this.logId,
      owner: this.owner,
      epoch: this.writer.epoch,
      firstSeq: this.buffer.firstSeq ?? this.nextSeq,
      nextSeq: this.nextSeq,
      closed: this.closed,
      cancelRequested: this.cancelRequested,
      renewedAt: this.renewedAt,
    };
  }

  attach(reader: LogReader): void {
    this.#wasRead = true;
    this.attached.add(reader);
  }

  detach(reader: LogReader): void {
    this.waiting.delete(reader);
    if (this.attached.delete(reader)) this.releaseRead();
    this.endIfAbandoned();
  }

  /** Lets go of what every reader of an `unread` log has passed; of nothing while none is attached. */
  releaseRead(): void {
    let passed = Infinity;
    for (const reader of this.attached) passed = Math.min(passed, reader.cursor);
    if (passed !== Infinity) this.buffer.dropThrough(passed);
  }

  endIfAbandoned(): void {
    if (this.closed && this.#wasRead && this.attached.size === 0) this.#onAbandoned(this);
  }

  /** Wakes the readers that wait, in a microtask: what is appended until then reaches them as one batch. */
  wake(): void {
    if (this.#wakeScheduled || this.waiting.size === 0) return;
    this.#wakeScheduled = true;
    queueMicrotask(this.#wakeReaders);
  }

  readonly #wakeReaders = (): void => {
    this.#wakeScheduled = false;
    let cursor = -Infinity;
    let batch: LogBatch | undefined;
    for (const reader of this.waiting) {
      // Readers that wait mostly stand at the same place: they share one batch.
      if (batch === undefined || reader.cursor !== cursor) {
        cursor = reader.cursor;
        batch = this.buffer.after(cursor);
      }
      reader.wake(batch);
    }
  };
}
