import type { CallOutcome } from "./protocol.js";
import { fromWireError, toWireError } from "./wire-error.js";

/** What a call gave, as it crosses between threads. Never rejects. */
export async function callOutcome(call: () => unknown, signal: AbortSignal): Promise<CallOutcome> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    return failedOutcome(error, signal);
  }
}

/** A failure as it crosses between threads. */
export function failedOutcome(error: unknown, signal: AbortSignal): CallOutcome {
  const isAbortReason = signal.aborted && error === signal.reason;
  return { ok: false, error: toWireError(error), isAbortReason };
}

/** Settles a promise with what crossed. */
export function settleOutcome(
  outcome: CallOutcome,
  { resolve, reject }: Pick<PromiseWithResolvers<unknown>, "resolve" | "reject">,
  signal: AbortSignal,
): void {
  if (outcome.ok) resolve(outcome.value);
  else
    reject(outcome.isAbortReason && signal.aborted ? signal.reason : fromWireError(outcome.error));
}
