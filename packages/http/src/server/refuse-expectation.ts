import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "@wheelhouse/core";
import { Exchange } from "../exchange.js";
import { type ReplySettings, sendError } from "../replies/send-reply.js";
import { requestIdOf } from "../request/request-id.js";

/** Answers an `Expect` header that is not `100-continue` (RFC 9110 section 10.1.1) in our own form. */
export function refuseExpectation(
  request: IncomingMessage,
  response: ServerResponse,
  replies: ReplySettings,
): void {
  const exchange = new Exchange(request, response, {
    requestId: requestIdOf(request.headers["x-request-id"]),
    expectsContinue: false,
    crossOrigin: undefined,
  });
  const message = "Expect takes 100-continue only.";
  sendError(
    exchange,
    new AppError("invalid_request", { status: 417, message }),
    undefined,
    replies,
  );
}
