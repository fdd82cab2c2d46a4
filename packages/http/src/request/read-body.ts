import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "@wheelhouse/core";
import { payloadTooLarge } from "../guards/guard-body-limit.js";
import { hasBody, wasBodyConsumed } from "./body-facts.js";

/** How a body is read. */
export interface ReadBodyOptions {
  /** Bytes; one more is refused with `payload_too_large` (B53). */
  readonly limit: number;
  /** True when the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
}

const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Reads a body whole. Holds at most `limit` bytes. Ends with the body, with the limit, or with the
 * connection, whose time limit for a request is the server's.
 *
 * @throws AppError `payload_too_large`, or `client_disconnected` when the connection ends first.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReadBodyOptions,
): Promise<Uint8Array> | Uint8Array {
  if (wasBodyConsumed(request)) return consumedBody(request, options.limit);
  if (!hasBody(request)) return EMPTY;
  if (options.expectsContinue) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > options.limit) {
        // The rest is whoever's who answers; the other listeners find the promise settled.
        request.off("data", onData);
        request.pause();
        reject(payloadTooLarge(options.limit));
        return;
      }
      chunks.push(chunk);
    };
    const onEnd = (): void => {
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
    };
    const onClose = (): void => {
      if (!request.readableEnded) reject(new AppError("client_disconnected"));
    };
    request.on("data", onData);
    request.on("end", onEnd);
    request.on("close", onClose);
    if (request.destroyed) onClose();
  });
}

/** What a body parser in front left: an object is written as JSON again, bytes and text pass as they are. */
function consumedBody(request: IncomingMessage, limit: number): Uint8Array {
  const { body } = request as IncomingMessage & { body?: unknown };
  if (body === undefined) {
    if (!hasBody(request)) return EMPTY;
    throw new Error("A middleware in front read the request's body and left no request.body.");
  }
  const bytes = body instanceof Uint8Array ? body : Buffer.from(textOf(body));
  if (bytes.byteLength > limit) throw payloadTooLarge(limit);
  return bytes;
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : (JSON.stringify(body) ?? "");
}
