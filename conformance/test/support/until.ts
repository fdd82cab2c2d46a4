import { setTimeout as sleep } from "node:timers/promises";

/** Waits for a condition; throws, naming it, when it does not hold within `withinMs`. Default 5 s. */
export async function until(what: string, holds: () => unknown, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(5);
  }
}

/** A promise that the test settles itself: what a handler waits for. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** Makes a {@link Gate}. */
export function gate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
