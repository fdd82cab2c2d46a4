import type { AbortCode, AbortNotice, AbortReason } from "@wheelhouse/core";
import { AppError, isAppError } from "@wheelhouse/core";

/** The typed reason a run's signal aborts with: an error that can be answered as it is. */
export function abortReason(code: AbortCode): AppError & AbortReason {
  return new AppError(code) as AppError & AbortReason;
}

/** The code another signal aborted with, where it is one of ours. */
export function abortCodeOf(reason: unknown): AbortCode | undefined {
  const code = (reason as { code?: unknown } | null | undefined)?.code;
  return code === "shutting_down" || code === "cancelled" || code === "superseded"
    ? code
    : undefined;
}

/** What stopped a run, as an error. */
export function abortError(cancellation: AbortNotice): AppError {
  const { reason } = cancellation;
  return isAppError(reason) ? reason : new AppError("cancelled", { cause: reason });
}
