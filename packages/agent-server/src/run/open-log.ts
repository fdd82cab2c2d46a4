import type { Log, LogWriter } from "@wheelhouse/store";
import { abortError } from "./abort-run.js";
import { answered } from "./answered.js";
import type { Run } from "./run.js";

/** Opens a run's log, given up when the run is told to stop; a log that is opened after that is removed. */
export async function openLog(log: Log, run: Run): Promise<LogWriter> {
  const owner = run.input.user?.id ?? null;
  const opened = log.open(run.responseId, owner, { retain: "unread" });
  if (!(opened instanceof Promise)) return opened;
  try {
    return await answeredIn(run, opened);
  } catch (error) {
    void opened.then(({ logId }) => log.remove(logId)).catch(() => {});
    throw error;
  }
}

/** A store's answer, given up when the run is told to stop. */
export async function answeredIn<Value>(run: Run, answer: Promise<Value>): Promise<Value> {
  const stopped = Promise.withResolvers<never>();
  const unlisten = run.cancellation.onAbort(() => stopped.reject(abortError(run.cancellation)));
  try {
    return await Promise.race([answered(answer), stopped.promise]);
  } finally {
    unlisten();
  }
}
