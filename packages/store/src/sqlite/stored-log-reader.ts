import type { LogBatch } from "../ports/log.js";
import type { Abortable, AbortWatch } from "../memory/abort-watches.js";
import type { LogReaders } from "./log-readers.js";

type Result = IteratorResult<LogBatch, undefined>;

const END: Result = { done: true, value: undefined };

/** One `tail` of a log in the file. Holds nothing between two calls of `next()` but its cursor. */
export class StoredLogReader implements AsyncIterableIterator<LogBatch, undefined>, Abortable {
  readonly log: number;
  /** Seq of the last event handed out. */
  cursor: number;
  readonly #readers: LogReaders;
  readonly #signal: AbortSignal;
  #watch: AbortWatch | undefined;
  #pending: PromiseWithResolvers<Result> | undefined;
  #ended = false;

  constructor(log: number, after: number, signal: AbortSignal, readers: LogReaders) {
    this.log = log;
    this.cursor = after;
    this.#signal = signal;
    this.#readers = readers;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    // A second call before the first has answered waits its turn.
    if (this.#pending !== undefined) return this.#pending.promise.then(() => this.next());
    if (this.#ended || this.#signal.aborted) return this.#end();
    const pulled = this.#take();
    if (pulled === "end") return this.#end();
    if (pulled !== "nothing") return this.#handOut(pulled);
    this.#pending = Promise.withResolvers();
    this.#watch ??= this.#readers.watches.enter(this.#signal);
    this.#watch.waiting.add(this);
    this.#readers.wait(this);
    return this.#pending.promise;
  }

  async return(): Promise<Result> {
    return this.#end();
  }

  /** Called while it waits, with what comes next after its cursor. */
  give(batch: LogBatch): void {
    this.#settle(this.#handOut(batch));
  }

  /** Called while it waits, when there may be something. */
  pull(): void {
    try {
      const pulled = this.#take();
      if (pulled === "end") this.#end();
      else if (pulled !== "nothing") this.#settle(this.#handOut(pulled));
    } catch (error) {
      this.#pending?.reject(error);
      this.#end();
    }
  }

  abort(): void {
    this.#end();
  }

  #take(): ReturnType<LogReaders["pull"]> {
    return this.#readers.pull(this.log, this.cursor);
  }

  #handOut(batch: LogBatch): Result {
    this.cursor = batch.entries.at(-1)?.seq ?? this.cursor;
    return { done: false, value: batch };
  }

  #settle(result: Result): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    this.#readers.stopWaiting(this);
    this.#watch?.waiting.delete(this);
    pending.resolve(result);
  }

  #end(): Result {
    if (this.#ended) return END;
    this.#ended = true;
    this.#settle(END);
    if (this.#watch === undefined) return END;
    this.#watch.waiting.delete(this);
    this.#readers.watches.leave(this.#signal, this.#watch);
    this.#watch = undefined;
    return END;
  }
}
