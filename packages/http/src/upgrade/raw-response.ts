import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import type { Duplex } from "node:stream";
import type { OutgoingHeaders } from "../replies/reply-headers.js";

/** Milliseconds that a client gets to read an answer and close, before its socket is destroyed. */
const LINGER_MS = 2_000;

/**
 * Writes a whole HTTP/1.1 answer to a socket that has no `ServerResponse`, and ends the connection: for
 * refused upgrades and for requests that Node's parser gave up on.
 *
 * @throws TypeError when a header cannot be sent; nothing is written then.
 */
export function endWithResponse(
  socket: Duplex,
  status: number,
  headers: OutgoingHeaders,
  body: string,
): void {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}`];
  const all = { ...headers, connection: "close", "content-length": Buffer.byteLength(body) };
  for (const [name, value] of Object.entries(all)) {
    validateHeaderName(name);
    for (const one of [value].flat()) {
      validateHeaderValue(name, String(one));
      lines.push(`${name}: ${String(one)}`);
    }
  }
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
  // What the client still sends is dropped: closing on unread bytes would reset the answer away.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}
