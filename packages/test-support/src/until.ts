import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  /** Milliseconds to wait at most. Default 5000. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks. Default 10. */
  readonly intervalMs?: number;
  /** What is waited for, for the error. */
  readonly what?: string;
}

/**
 * Waits until `condition` gives something other than false, null or undefined, and resolves to it. A
 * condition that throws does not hold yet. Rejects when the time is over, with the last error as cause.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { timeoutMs = 5_000, intervalMs = 10, what = "the condition" } = options;
  const deadline = performance.now() + timeoutMs;
  const overtime = new AbortController();
  // A condition that never settles must not outlast the deadline.
  const over = delay(timeoutMs, undefined, { signal: overtime.signal }).then(
    () => undefined,
    () => undefined,
  );
  let cause: unknown;
  try {
    do {
      try {
        const value = await Promise.race([condition(), over]);
        if (value !== false && value !== null && value !== undefined) {
          return value as Exclude<T, false | null | undefined>;
        }
        cause = undefined;
      } catch (error) {
        cause = error;
      }
      await delay(intervalMs);
    } while (performance.now() < deadline);
  } finally {
    overtime.abort();
  }
  throw new Error(`Waited ${timeoutMs} ms for ${what}`, cause === undefined ? {} : { cause });
}
