import type { ServerResponse } from "node:http";

/** Milliseconds that a client has to take what was written before its connection is ended. */
const FAREWELL_MS = 5_000;

/**
 * Ends an answer that broke in the middle, so that no client takes it for a whole one: what was written is still
 * delivered, then the connection ends before the last chunk or byte (RFC 9112 section 8). Where only the end of
 * the connection ends the answer, as for HTTP/1.0, a reset tells.
 *
 * @param tellsLength whether the answer's head names its length.
 */
export function cutOff(response: ServerResponse, tellsLength: boolean): void {
  const { socket } = response;
  if (response.destroyed || socket === null) {
    response.destroy();
    return;
  }
  if (!response.chunkedEncoding && !tellsLength) {
    socket.resetAndDestroy();
    return;
  }
  // Node gathers what one turn of the loop writes and hands it to the socket at the turn's end.
  setImmediate(() => socket.destroySoon());
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  response.once("close", () => clearTimeout(timer));
}
