/** Tells that something is to stop. What an AbortSignal tells, at the cost of a field until somebody listens. */
export interface AbortNotice {
  readonly aborted: boolean;
  /** Why; undefined before. */
  readonly reason: unknown;
  /** The same as an AbortSignal; made when first asked for. */
  readonly signal: AbortSignal;
  /** Calls `listener` when it aborts, at once where it has. The function given back takes it off. */
  onAbort(listener: (reason: unknown) => void): () => void;
}

/**
 * An AbortController whose signal is made only for those who ask. An AbortSignal and its events cost
 * several microseconds and a finalizer each, which every request would pay and almost none needs.
 */
export class LazyAbortController implements AbortNotice {
  #aborted = false;
  #reason: unknown;
  #controller: AbortController | undefined;
  #listeners: Set<(reason: unknown) => void> | undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Aborts, once; later calls do nothing. The signal aborts first, then listeners run in the order they came. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    // The signal first: it tells its listeners whatever one of ours throws.
    this.#controller?.abort(reason);
    if (listeners !== undefined) for (const listener of listeners) listener(reason);
  }

  onAbort(listener: (reason: unknown) => void): () => void {
    if (this.#aborted) {
      listener(this.#reason);
      return () => {};
    }
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }
}
