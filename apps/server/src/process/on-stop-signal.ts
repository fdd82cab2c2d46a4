/** A terminal and a package manager may both pass on one Ctrl-C: what follows within this time is the same one. */
const SAME_SIGNAL_MS = 200;

/**
 * Calls `stop` at the first SIGINT or SIGTERM and `end` at a SIGINT after that.
 * @returns a function that takes the listeners away.
 */
export function onStopSignal(stop: () => void, end: () => void): () => void {
  let stoppedAt: number | undefined;
  const signalled = (signal: NodeJS.Signals): void => {
    if (stoppedAt === undefined) {
      stoppedAt = performance.now();
      stop();
    } else if (signal === "SIGINT" && performance.now() - stoppedAt > SAME_SIGNAL_MS) {
      end();
    }
  };
  process.on("SIGINT", signalled).on("SIGTERM", signalled);
  return () => void process.off("SIGINT", signalled).off("SIGTERM", signalled);
}
