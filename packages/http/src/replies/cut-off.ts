import type { ServerResponse } from "node:http";
import { destroyWhenStalled } from "./stall-watch.js";

/**
 * Ends an answer that broke in the middle, so that no client takes it for a whole one: what was written is
 * still delivered, then the connection ends without the last chunk (RFC 9112 section 8). An answer that is
 * not chunked, HTTP/1.0's, ends with its connection, so there only a reset tells.
 */
export function cutOff(response: ServerResponse, stallMs: number): void {
  if (response.destroyed) return;
  if (!response.chunkedEncoding || response.socket === null) {
    response.destroy();
    return;
  }
  const { socket } = response;
  // Node gathers what one turn of the loop writes and hands it to the socket at the turn's end.
  setImmediate(() => socket.destroySoon());
  destroyWhenStalled(response, stallMs);
}
