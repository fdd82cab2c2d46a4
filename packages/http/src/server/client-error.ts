import type { Socket } from "node:net";
import { AppError, createId } from "@wheelhouse/core";
import { JSON_HEADERS } from "../replies/send-reply.js";
import { renderError } from "../replies/render-error.js";
import { replyHeaders } from "../replies/reply-headers.js";
import { endWithResponse } from "../upgrade/raw-response.js";

/**
 * Answers what Node's parser gave up on: malformed or ambiguous framing (B225), too large a head, a
 * request that took too long. An answer that has begun is cut off instead, since a second one would read
 * as part of it.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  hasBegun: boolean,
): void {
  if (hasBegun || error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = createId("req");
  const reply = renderError(clientError(error.code), undefined, { exposeErrors: false, requestId });
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
