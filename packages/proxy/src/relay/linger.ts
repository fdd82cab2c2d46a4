import type { IncomingMessage, ServerResponse } from "node:http";
import { hasBody } from "../check-request.js";

/** Bytes of an unread body that are taken and dropped after the answer. */
const DROPPED_BYTES = 1_048_576;
/** Milliseconds for the same. */
const DROPPED_MS = 2_000;

/** Whether bytes of the request's body are still to come. */
export function isArriving(request: IncomingMessage): boolean {
  // A request without a body is not complete either while it is being handled for the first time.
  return hasBody(request) && !request.complete && !request.destroyed;
}

/**
 * Ends an answer whose request is still arriving. Closing a socket with unread bytes in it resets the
 * connection and can take the answer with it, so what the client still sends is dropped for a while first.
 */
export function endAfterRequest(request: IncomingMessage, response: ServerResponse): void {
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
