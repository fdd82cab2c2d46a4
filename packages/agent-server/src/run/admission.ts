import { type AbortNotice, AppError } from "@wheelhouse/core";
import { abortCodeOf } from "./abort-run.js";

/** Lets go of a place; calling it twice does nothing. */
export type Release = () => void;

/** How many runs of one agent may be under way, and how many may wait. */
export interface AdmissionLimits {
  readonly concurrency: number | undefined;
  readonly maxQueued: number;
}

/** Gives out places to run; one per agent. */
export interface Admission {
  /**
   * A place, at once or when one is free, first come first served. Throws `rate_limit_exceeded` (429,
   * Retry-After) when too many wait, and `client_disconnected` when the client leaves while waiting.
   */
  enter(limits: AdmissionLimits, client: AbortNotice): Release | Promise<Release>;
}

const nothing: Release = () => {};

export function createAdmission(): Admission {
  let running = 0;
  const waiting: (() => void)[] = [];

  const take = (): Release => {
    running++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      running--;
      waiting.shift()?.();
    };
  };

  return {
    enter({ concurrency, maxQueued }, client) {
      if (concurrency === undefined) return nothing;
      if (running < concurrency && waiting.length === 0) return take();
      if (client.aborted) throw new AppError(abortCodeOf(client.reason) ?? "client_disconnected");
      if (waiting.length >= maxQueued)
        throw new AppError("rate_limit_exceeded", {
          message: `The agent is busy: ${running} runs are under way and ${waiting.length} wait.`,
          headers: { "retry-after": "1" },
        });
      return new Promise<Release>((resolve, reject) => {
        const admit = (): void => {
          unlisten();
          resolve(take());
        };
        waiting.push(admit);
        const unlisten = client.onAbort((reason) => {
          waiting.splice(waiting.indexOf(admit), 1);
          reject(new AppError(abortCodeOf(reason) ?? "client_disconnected"));
        });
      });
    },
  };
}
