import { errorText, type Logger } from "@wheelhouse/core";
import type { Fallback } from "../fallback.js";
import type { Lifecycle } from "../lifecycle.js";
import type { WebSockets } from "../upgrade/web-sockets.js";
import type { NodeListener } from "./node-listener.js";

/** Running requests are told to end this long before the grace does, or a fifth of a shorter grace. */
const LAST_WORDS_MS = 1_000;
/** Milliseconds that connections without a running request get to close. */
const FAREWELL_MS = 1_000;
/** Milliseconds that the fallback gets to close. */
const FALLBACK_CLOSE_MS = 5_000;

/** What a drain ends. */
export interface DrainParts {
  readonly lifecycle: Lifecycle;
  readonly webSockets: WebSockets;
  readonly listener: NodeListener | undefined;
  readonly fallback: Fallback | undefined;
  readonly logger: Logger;
}

/**
 * Drains a server (B55). New work is refused from now on; running requests may finish within the grace,
 * near whose end their signals are aborted, so that a stream can still say that it is over; then the
 * listener, idle connections and WebSockets close, and what is left at the end of the grace is destroyed.
 */
export async function drainServer(parts: DrainParts, graceMs: number): Promise<void> {
  const { lifecycle, webSockets, listener, fallback } = parts;
  const ends = performance.now() + graceMs;
  const left = (): number => Math.max(0, ends - performance.now());
  lifecycle.startDraining();
  if (!(await lifecycle.idle(graceMs - Math.min(LAST_WORDS_MS, graceMs / 5)))) {
    lifecycle.abortRunning();
    await lifecycle.idle(left());
  }
  webSockets.closeAll();
  await listener?.close(Math.min(FAREWELL_MS, left()));
  webSockets.terminateAll();
  if (fallback !== undefined) await closeFallback(fallback, parts.logger);
}

/** A fallback that cannot close is told in the log: the server itself has ended. */
async function closeFallback(fallback: Fallback, logger: Logger): Promise<void> {
  try {
    await within(FALLBACK_CLOSE_MS, fallback.close());
  } catch (error) {
    logger.error({ err: error }, `The fallback did not close: ${errorText(error)}`);
  }
}

/** Settles with the promise, or when the time is over. */
async function within(milliseconds: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
