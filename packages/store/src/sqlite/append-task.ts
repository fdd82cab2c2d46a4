import type { AppendResult, LogEntry, LogEvent } from "../ports/log.js";
import type { BoundsMemory } from "./log-bounds.js";
import type { ExtendedRow, WriterKey } from "./log-table.js";
import type { WriteTask } from "./write-task.js";

/** A writer as this process knows it. */
export interface WriterState extends WriterKey, BoundsMemory {
  /** What `open` gave. */
  readonly writer: { readonly logId: string; readonly epoch: number; nextSeq: number };
  /** The append that still waits to be written: what is appended meanwhile joins it. */
  waiting: AppendTask | undefined;
  /** `performance.now()` of the last append; -Infinity before the first. */
  lastAppendAt: number;
}

export function newWriter(logId: string, num: number, epoch: number, nextSeq: number): WriterState {
  return {
    logId,
    num,
    epoch,
    writer: { logId, epoch, nextSeq },
    waiting: undefined,
    lastAppendAt: -Infinity,
    completeDeltas: undefined,
  };
}

/** What was written: the events with their seqs, and the log as it is then. */
export interface Written {
  readonly row: ExtendedRow;
  readonly entries: readonly LogEntry[];
}

/** What an append does to the file. */
export interface AppendTarget {
  /** Takes seqs and writes the events. */
  write(state: WriterState, events: readonly LogEvent[], characters: number): Written;
  hold(log: number, firstSeq: number): void;
  publish(log: number, entries: readonly LogEntry[]): void;
}

interface Waiter {
  /** Events of the task up to and with this append's. */
  readonly through: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends of one writer that are written together, all or none: no event is missing between two. */
export class AppendTask implements WriteTask {
  characters = 0;
  /** It meets its fence before it writes. */
  readonly needsUndo = false;
  readonly #state: WriterState;
  readonly #target: AppendTarget;
  readonly #events: LogEvent[] = [];
  readonly #waiters: Waiter[] = [];
  #written: Written | undefined;
  #held = false;

  constructor(state: WriterState, target: AppendTarget) {
    this.#state = state;
    this.#target = target;
  }

  /** An append without events renews the lease, which ends with the machine anyway. */
  get isDurable(): boolean {
    return this.#events.length > 0;
  }

  add(events: readonly LogEvent[], characters: number): Promise<AppendResult> {
    for (const event of events) this.#events.push(event);
    this.characters += characters;
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
    this.#waiters.push({ through: this.#events.length, resolve, reject });
    return promise;
  }

  run(): void {
    const state = this.#state;
    if (state.waiting === this) state.waiting = undefined;
    // The transaction before was undone, and with it what the bounds have dropped.
    if (this.#written !== undefined) state.completeDeltas = undefined;
    this.#written = this.#target.write(state, this.#events, this.characters);
  }

  committed(): void {
    this.#state.writer.nextSeq = this.#nextSeq();
    if (this.#events.length === 0) return;
    this.#held = true;
    this.#target.hold(this.#state.num, this.#firstSeq());
  }

  done(): void {
    this.#publish();
    const first = this.#firstSeq();
    const cancelRequested = this.#written?.row.cancelled === 1;
    for (const { through, resolve } of this.#waiters) {
      resolve({ lastSeq: first + through - 1, cancelRequested });
    }
  }

  failed(error: unknown): void {
    const state = this.#state;
    if (state.waiting === this) state.waiting = undefined;
    state.completeDeltas = undefined;
    // What is committed is there, though nobody can promise for how long.
    this.#publish();
    for (const { reject } of this.#waiters) reject(error);
  }

  #publish(): void {
    // What was written is what is given: no second look at each event.
    if (this.#held) this.#target.publish(this.#state.num, this.#written?.entries ?? []);
  }

  #nextSeq(): number {
    return this.#written?.row.next_seq ?? 0;
  }

  #firstSeq(): number {
    return this.#nextSeq() - this.#events.length;
  }
}
