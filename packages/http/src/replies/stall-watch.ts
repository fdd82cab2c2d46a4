import type { ServerResponse } from "node:http";

/**
 * Destroys the connection of a client that takes nothing of a finished answer for `stallMs`; whatever it
 * takes starts the time anew. One timer, gone with the response.
 */
export function destroyWhenStalled(response: ServerResponse, stallMs: number): void {
  let pending = pendingBytes(response);
  const timer = setInterval(() => {
    const now = pendingBytes(response);
    if (now === pending && !isQueued(response)) response.destroy();
    pending = now;
  }, stallMs);
  timer.unref();
  response.once("close", () => clearInterval(timer));
}

/** Whether a response waits behind an earlier one of its connection (pipelining): its reader is not at fault. */
export function isQueued(response: ServerResponse): boolean {
  return response.socket === null;
}

/**
 * A measure of what was written to a response and not taken by the kernel: while nothing is written it
 * changes with every byte that is taken, and with nothing else. `writableLength` alone counts a write until
 * the whole of it is gone, so that a slow reader of one large write would look like one that stalls; the
 * handle's queue is what Node's own socket timeout goes by.
 */
export function pendingBytes(response: ServerResponse): number {
  const { socket } = response as { socket: HandleHolder | null };
  return response.writableLength + (socket?._handle?.writeQueueSize ?? 0);
}

interface HandleHolder {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}
