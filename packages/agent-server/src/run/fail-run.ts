import { type AppError, errorText, publicMessage, toAppError } from "@wheelhouse/core";
import { abortError } from "./abort-run.js";
import type { Run } from "./run.js";

/** Notes a failure in the span and the log, with what a client never sees. */
export function failRun(run: Run, thrown: unknown): AppError {
  const error = run.cancellation.aborted
    ? abortError(run.cancellation)
    : toAppError(thrown, "task_failed");
  run.span.setAttribute("error.type", error.code);
  run.span.setStatus("error", errorText(error.cause ?? error));
  const fields = { error_code: error.code, err: error.cause ?? error };
  try {
    const { log } = run.context;
    if (error.code === "client_disconnected") log.debug(fields, "The client left the run.");
    else if (error.code === "cancelled" || error.code === "superseded")
      log.info(fields, "The run was stopped.");
    else if (error.code === "shutting_down") log.info(fields, "The server stopped the run.");
    else if (error.status >= 500) log.error(fields, "The run failed.");
    else log.info(fields, "The run ended with an error of the author's.");
  } catch {
    // A logger that cannot write a thrown value (its getters may throw) must not keep the run open.
  }
  return error;
}

/** Notes a failure of the store that changes nothing for the client. */
export function storeFailed(run: Run, error: unknown): void {
  try {
    run.context.log.warn({ err: error }, "The store failed at the end of a run.");
  } catch {
    // What a logger throws is nobody's failure here.
  }
}

/** What the client of a failed run reads. */
export function clientMessage(run: Run, error: AppError): string {
  const { requestId } = run.input;
  return publicMessage(error, { exposeErrors: run.settings.exposeErrors, requestId });
}
