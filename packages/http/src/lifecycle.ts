import { abortError } from "./abort-error.js";

/** A request, or a socket's life, that a drain waits for. */
export interface Work {
  /** Asks it to end: aborts its signal. */
  abort(reason: Error): void;
}

/** Counts what runs, and lets a drain wait for it. */
export interface Lifecycle {
  /** Aborted when the server begins to shut down. */
  readonly draining: AbortSignal;
  /** Counts a piece of work; the function given back ends it, once. */
  begin(work: Work): () => void;
  startDraining(): void;
  /** True when nothing runs any more, false when the time is over. */
  idle(milliseconds: number): Promise<boolean>;
  abortRunning(): void;
}

/** Makes the bookkeeping of one server. */
export function createLifecycle(): Lifecycle {
  const draining = new AbortController();
  const running = new Set<Work>();
  const waiting = new Set<() => void>();
  return {
    draining: draining.signal,
    begin(work) {
      running.add(work);
      return () => {
        if (running.delete(work) && running.size === 0) for (const wake of waiting) wake();
      };
    },
    startDraining() {
      if (!draining.signal.aborted) draining.abort(abortError("shutting_down"));
    },
    idle(milliseconds) {
      if (running.size === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const settle = (isIdle: boolean): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve(isIdle);
        };
        const wake = (): void => settle(true);
        const timer = setTimeout(() => settle(running.size === 0), Math.max(0, milliseconds));
        waiting.add(wake);
      });
    },
    abortRunning() {
      const reason = abortError("shutting_down");
      for (const work of running) work.abort(reason);
    },
  };
}
