import { errorText, type Logger } from "@wheelhouse/core";
import { isStoreClosedError } from "@wheelhouse/store";
import type { StoredResponses } from "./responses-context.js";

/** Runs looked at in one go. */
const PAGE = 100;

/** Looks for runs whose process died, now and again; the function given back ends that. Keeps no process alive. */
export function recoverAll(stored: StoredResponses, logger: Logger): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  let isReported = false;
  const look = async (): Promise<void> => {
    try {
      const active = await stored.records.active(PAGE);
      for (const { key } of active) {
        if (isEnded) return;
        await stored.recover(key);
      }
      isReported = false;
    } catch (error) {
      if (isStoreClosedError(error) || isEnded) return;
      if (!isReported)
        logger.warn({ err: error }, `Runs could not be recovered: ${errorText(error)}`);
      isReported = true;
    }
    schedule(stored.leaseMs / 2);
  };
  const schedule = (ms: number): void => {
    if (!isEnded) timer = setTimeout(() => void look(), ms).unref();
  };
  schedule(0);
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}
