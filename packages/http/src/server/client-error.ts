import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { AppError, createId } from "@wheelhouse/core";
import { JSON_HEADERS } from "../replies/send-reply.js";
import { renderError } from "../replies/render-error.js";
import { replyHeaders } from "../replies/reply-headers.js";
import { endWithResponse } from "../upgrade/raw-response.js";

/**
 * Answers what Node's parser gave up on: malformed or ambiguous framing (B225), too large a head, a
 * request that took too long. An answer that has begun is cut off instead, since a second one would read
 * as part of it. Bytes behind a whole request are not that request's fault: it gets its own answer, and
 * the connection ends with it.
 *
 * @param current the response that has the connection now.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  current: ServerResponse | null | undefined,
): void {
  const hasBegun = current?.headersSent === true;
  if (hasBegun || error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  if (current?.req.complete === true) {
    current.shouldKeepAlive = false;
    return;
  }
  answerRaw(clientError(error.code), socket);
}

/** Answers CONNECT, which asks for a tunnel (RFC 9110 section 9.3.6): Node would just hang up. */
export function refuseConnect(socket: Duplex): void {
  socket.on("error", () => socket.destroy());
  answerRaw(new AppError("invalid_request", { message: "This server is no proxy." }), socket);
}

function answerRaw(error: AppError, socket: Duplex): void {
  const requestId = createId("req");
  const reply = renderError(error, undefined, { exposeErrors: false, requestId });
  const facts = { requestId, crossOrigin: undefined, close: true };
  const headers = replyHeaders(facts, JSON_HEADERS, reply.headers);
  endWithResponse(socket, reply.status ?? 400, headers, reply.text);
}

function clientError(code: string | undefined): AppError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new AppError("request_timeout");
  if (code === "HPE_HEADER_OVERFLOW") {
    return new AppError("invalid_request", { status: 431, message: "The headers are too large." });
  }
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return new AppError("payload_too_large");
  return new AppError("invalid_request", { message: "The request is not valid HTTP." });
}
