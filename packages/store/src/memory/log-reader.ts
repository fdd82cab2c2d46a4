import type { LogBatch } from "../ports/log.js";
import type { Abortable, AbortWatch, AbortWatches } from "./abort-watches.js";
import type { LogState } from "./log-state.js";

type Result = IteratorResult<LogBatch, undefined>;

const END: Result = { done: true, value: undefined };

/** One `tail` of a log. Costs the log nothing between two calls of `next()`, unless the log is `unread`. */
export class LogReader implements AsyncIterableIterator<LogBatch, undefined>, Abortable {
  /** Seq of the last event handed out. */
  cursor: number;
  readonly #log: LogState;
  readonly #signal: AbortSignal;
  readonly #watches: AbortWatches;
  #watch: AbortWatch | undefined;
  #pending: Promise<Result> | undefined;
  #resolve: ((result: Result) => void) | undefined;
  #ended = false;

  constructor(log: LogState, after: number, signal: AbortSignal, watches: AbortWatches) {
    this.#log = log;
    this.cursor = after;
    this.#signal = signal;
    this.#watches = watches;
    if (log.retain === "all" || signal.aborted) return;
    // An `unread` log keeps what its readers have not passed, so it must know when they are gone.
    log.attach(this);
    this.#watch = watches.enter(signal);
    this.#watch.waiting.add(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    // A second call before the first has answered waits its turn.
    if (this.#pending !== undefined) return this.#pending.then(() => this.next());
    if (this.#ended) return Promise.resolve(END);
    if (this.#signal.aborted || this.#log.removed) return Promise.resolve(this.#end());
    if (this.#log.buffer.hasAfter(this.cursor)) {
      return Promise.resolve(this.#handOut(this.#log.buffer.after(this.cursor)));
    }
    if (this.#log.closed) return Promise.resolve(this.#end());
    return this.#wait();
  }

  return(): Promise<Result> {
    return Promise.resolve(this.#end());
  }

  /** Called by the log when it has changed, with what it holds after the cursor. */
  wake(batch: LogBatch): void {
    if (this.#log.removed) this.#end();
    else if (batch.entries.length > 0) this.#settle(this.#handOut(batch));
    else if (this.#log.closed) this.#end();
  }

  abort(): void {
    this.#end();
  }

  #wait(): Promise<Result> {
    this.#watch ??= this.#watches.enter(this.#signal);
    this.#watch.waiting.add(this);
    this.#log.waiting.add(this);
    this.#pending = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    return this.#pending;
  }

  #handOut(batch: LogBatch): Result {
    this.cursor = batch.entries.at(-1)?.seq ?? this.cursor;
    if (this.#log.retain === "unread") this.#log.releaseRead();
    return { done: false, value: batch };
  }

  #settle(result: Result): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#pending = undefined;
    this.#resolve = undefined;
    this.#log.waiting.delete(this);
    if (this.#log.retain === "all") this.#watch?.waiting.delete(this);
    resolve(result);
  }

  #end(): Result {
    if (this.#ended) return END;
    this.#ended = true;
    this.#settle(END);
    if (this.#watch !== undefined) {
      this.#watch.waiting.delete(this);
      this.#watches.leave(this.#signal, this.#watch);
      this.#watch = undefined;
    }
    this.#log.detach(this);
    return END;
  }
}
