/** A controller that aborts with another signal, until it is released. */
export interface Follower {
  readonly controller: AbortController;
  readonly signal: AbortSignal;
  /** Takes its listener off the other signal. */
  readonly release: () => void;
}

/** AbortSignal.any without its price: some engines keep its results as long as the source lives. */
export function followSignal(source: AbortSignal | undefined): Follower {
  const controller = new AbortController();
  const { signal } = controller;
  if (source === undefined) return { controller, signal, release: () => {} };
  const abort = (): void => controller.abort(source.reason);
  if (source.aborted) abort();
  else source.addEventListener("abort", abort, { once: true });
  return { controller, signal, release: () => source.removeEventListener("abort", abort) };
}
