import type { Logger } from "@wheelhouse/core";

/** Time for running work after an exception that nothing caught. */
const CRASH_GRACE_MS = 5_000;

/**
 * Keeps one agent's stray failure from ending everybody's streams. A rejected promise that nothing awaits is
 * logged and the server goes on; an exception that nothing caught leaves the process in an unknown state, so it
 * is logged and `crash` is called to drain and end. A reader of the output that left is no reason to stop.
 */
export function guardProcess(logger: Logger, crash: (graceMs: number) => void): void {
  process.on("unhandledRejection", (err) => {
    logger.error({ err }, "A promise was rejected and nothing handled it");
  });
  process.on("uncaughtException", (err) => {
    logger.error({ err }, "An exception was thrown and nothing caught it: the process ends");
    crash(CRASH_GRACE_MS);
  });
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
}
