import type { IncomingMessage, ServerResponse } from "node:http";
import { endAfterRequest, isArriving } from "./linger.js";

/** An answer of the proxy's own. */
export interface PlainAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The answer to what is not on the allow-list, word for word MLflow's (B89). */
export const NOT_FOUND: PlainAnswer = { status: 404, text: "Not found" };

/** Writes an answer of the proxy's own: text, made for one client, without a word of the chat app. */
export function answerPlainly(
  request: IncomingMessage,
  response: ServerResponse,
  answer: PlainAnswer,
  requestId: string | undefined,
  /** The client holds its body back until it is told to send it: nothing waits in the socket. */
  bodyHeldBack = false,
): void {
  if (response.destroyed || response.headersSent) return;
  const arriving = isArriving(request);
  const headers: Record<string, string | number> = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-length": Buffer.byteLength(answer.text),
    ...answer.headers,
  };
  if (requestId !== undefined) headers["x-request-id"] = requestId;
  if (arriving) headers["connection"] = "close";
  response.writeHead(answer.status, headers);
  const text = request.method === "HEAD" ? "" : answer.text;
  if (!arriving || bodyHeldBack) {
    response.end(text);
    return;
  }
  if (text === "") response.flushHeaders();
  else response.write(text);
  endAfterRequest(request, response);
}
