import type { ServerResponse } from "node:http";
import type { SseReply } from "../reply.js";
import type { OutgoingHeaders } from "./reply-headers.js";
import { FramePump } from "./frame-pump.js";
import { destroyWhenStalled } from "./stall-watch.js";

/** Default silence before a ping, in milliseconds. */
const PING_MS = 15_000;

/** How a stream is written. */
export interface WriteSseOptions {
  readonly headers: OutgoingHeaders;
  /** True for HEAD: the headers alone. */
  readonly head: boolean;
  /** Milliseconds without progress after which a reader is let go of (B226). */
  readonly stallMs: number;
}

/**
 * Writes a stream until its source ends, the client leaves, or its reader stalls. Holds what the socket
 * holds and one frame; the next frame is asked for when the socket can take it.
 *
 * @throws what the source throws: before the first byte it can be answered as an error, after it the
 *   caller destroys the connection, so that no client takes a broken stream for a whole one.
 */
export async function writeSse(
  response: ServerResponse,
  reply: SseReply,
  options: WriteSseOptions,
): Promise<void> {
  const source = reply.frames[Symbol.asyncIterator]();
  const letGo = (): void => {
    // The stream is over: nobody is left to tell what the source's clean-up throws.
    new Promise((resolve) => resolve(source.return?.())).catch(() => {});
  };
  if (response.destroyed || options.head) {
    letGo();
    if (!response.destroyed) {
      writeHead(response, reply, options);
      response.end();
    }
    return;
  }

  const pingMs = reply.pingMs ?? PING_MS;
  const pump = new FramePump(response, pingMs, options.stallMs);
  // Frames of this turn of the loop share the head's write; a source that takes longer gets it sent alone.
  const flush = setImmediate(() => {
    writeHead(response, reply, options);
    response.flushHeaders();
  });
  const onClose = (): void => {
    pump.stop();
    clearImmediate(flush);
    letGo();
  };
  response.once("close", onClose);
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- a stream is read frame by frame.
      const next = await source.next();
      if (pump.stopped) return;
      if (next.done === true) break;
      if (!response.headersSent) {
        clearImmediate(flush);
        writeHead(response, reply, options);
      }
      // oxlint-disable-next-line no-await-in-loop -- back-pressure.
      if (!pump.write(next.value)) await pump.drained();
      if (pump.stopped) return;
    }
  } catch (error) {
    if (pump.stopped) return;
    letGo();
    throw error;
  } finally {
    clearImmediate(flush);
    response.off("close", onClose);
    pump.stop();
  }
  if (!response.headersSent) writeHead(response, reply, options);
  response.end();
  if (!response.writableFinished) destroyWhenStalled(response, options.stallMs);
}

function writeHead(response: ServerResponse, reply: SseReply, options: WriteSseOptions): void {
  const headers = options.headers as Record<string, string | string[] | number>;
  response.writeHead(reply.status ?? 200, headers);
}
