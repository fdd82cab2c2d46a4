/** What waits under a signal. */
export interface Abortable {
  abort(): void;
}

/** The readers of one signal. */
export interface AbortWatch {
  /** Told when the signal aborts. A reader is in it only while it must be, so that a dropped one is not kept. */
  readonly waiting: Set<Abortable>;
  /** Readers that have not left yet. */
  readers: number;
  readonly listener: () => void;
}

/** One abort listener a signal, however many readers it has; none once they have left. */
export class AbortWatches {
  readonly #watches = new WeakMap<AbortSignal, AbortWatch>();

  enter(signal: AbortSignal): AbortWatch {
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      const waiting = new Set<Abortable>();
      const listener = (): void => {
        for (const reader of waiting) reader.abort();
      };
      watch = { waiting, readers: 0, listener };
      this.#watches.set(signal, watch);
      signal.addEventListener("abort", listener, { once: true });
    }
    watch.readers++;
    return watch;
  }

  leave(signal: AbortSignal, watch: AbortWatch): void {
    watch.readers--;
    if (watch.readers > 0) return;
    signal.removeEventListener("abort", watch.listener);
    this.#watches.delete(signal);
  }
}
