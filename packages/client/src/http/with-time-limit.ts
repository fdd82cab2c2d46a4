import { TimeoutError } from "../errors/timeout-error.js";
import { followSignal } from "./follow-signal.js";

/**
 * Runs `work` with a signal that aborts with the caller's, or with a {@link TimeoutError} when the time
 * is over. Leaves neither timer nor listener.
 */
export async function withTimeLimit<T>(
  limit: {
    readonly ms: number;
    readonly signal: AbortSignal | undefined;
    readonly message: () => string;
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { controller, signal, release } = followSignal(limit.signal);
  const timer = setTimeout(() => controller.abort(new TimeoutError(limit.message())), limit.ms);
  try {
    return await work(signal);
  } finally {
    clearTimeout(timer);
    release();
  }
}
