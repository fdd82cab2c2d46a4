import type { IncomingMessage, ServerResponse } from "node:http";
import type { OutgoingHeaders } from "./reply-headers.js";

/** Bytes of an unread body that are taken and dropped after the answer. */
const DROPPED_BYTES = 1_048_576;
/** Milliseconds for the same. */
const DROPPED_MS = 2_000;

/**
 * Answers a request whose body is not read. Closing a socket with bytes waiting in it resets the
 * connection and can take the answer with it, so the answer goes out at once and what the client still
 * sends is dropped for a while, before the connection ends.
 */
export function refuseEarly(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: OutgoingHeaders,
  text: string,
): void {
  headers["content-length"] = Buffer.byteLength(text);
  headers["connection"] = "close";
  response.writeHead(status, headers as Record<string, string | string[] | number>);
  if (request.method === "HEAD") response.flushHeaders();
  else response.write(text);

  let left = DROPPED_BYTES;
  const finish = (): void => {
    clearTimeout(timer);
    request.off("data", onData);
    request.off("end", finish);
    response.off("close", finish);
    request.pause();
    response.end();
  };
  const onData = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left < 0) finish();
  };
  const timer = setTimeout(finish, DROPPED_MS);
  request.on("data", onData);
  request.on("end", finish);
  response.on("close", finish);
  request.resume();
}
