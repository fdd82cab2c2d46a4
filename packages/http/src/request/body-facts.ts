import type { IncomingMessage } from "node:http";

/** Whether a request comes with a body, RFC 9112 section 6.3. */
export function hasBody(request: IncomingMessage): boolean {
  if (request.headers["transfer-encoding"] !== undefined) return true;
  return announcedLength(request) > 0;
}

/** Bytes by Content-Length; 0 without one. Node has refused what is not a number. */
export function announcedLength(request: IncomingMessage): number {
  const header = request.headers["content-length"];
  return header === undefined ? 0 : Number(header);
}

/** Whether bytes of the body are still to come, or wait in the stream. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  return hasBody(request) && !request.readableEnded && !request.destroyed;
}

/** Whether a middleware in front has read the body: `express.json()` and its like. */
export function wasBodyConsumed(request: IncomingMessage): boolean {
  return request.readableDidRead;
}
