import { ApiError } from "../errors/api-error.js";
import { ConnectionError } from "../errors/connection-error.js";
import type { Settings } from "../options.js";

/** Statuses that another try may change. 501 says that the server cannot do it at all. */
const isPassing = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501);

/**
 * Milliseconds to wait before the next attempt, or undefined for none. `repeatable` says that a request
 * which reached the server may be sent again: it changes nothing, or an idempotency key protects it.
 */
export function retryDelay(
  error: unknown,
  failures: number,
  repeatable: boolean,
  settings: Settings,
): number | undefined {
  if (error instanceof ConnectionError)
    return repeatable || error.neverSent ? backoff(failures, settings) : undefined;
  if (!(error instanceof ApiError) || !repeatable) return undefined;
  const { status, shouldRetry, retryAfterMs } = error;
  // A conflict passes by itself only where the server says so.
  const passing = isPassing(status) || (status === 409 && retryAfterMs !== undefined);
  if (!(shouldRetry ?? passing)) return undefined;
  if (retryAfterMs === undefined) return backoff(failures, settings);
  return retryAfterMs > settings.maxRetryAfterMs ? undefined : retryAfterMs;
}

/** Doubles with each failure; a random half of it, so that clients that failed together do not return together. */
function backoff(failures: number, { retryDelayMs, maxRetryDelayMs }: Settings): number {
  const full = Math.min(maxRetryDelayMs, retryDelayMs * 2 ** Math.min(failures, 30));
  return full / 2 + (Math.random() * full) / 2;
}
