import { AppError, errorText, isLogged, type Logger, toAppError } from "@wheelhouse/core";
import type { Exchange } from "../exchange.js";
import type { JsonTextReply, Reply, TextReply } from "../reply.js";
import { hasUnreadBody } from "../request/body-facts.js";
import type { RoutePolicy } from "../route.js";
import { cutOff } from "./cut-off.js";
import { refuseEarly } from "./refuse-early.js";
import { renderError } from "./render-error.js";
import { type OutgoingHeaders, replyHeaders } from "./reply-headers.js";
import { writeSse } from "./write-sse.js";
import { writeText } from "./write-text.js";

/** What replies need of the server. */
export interface ReplySettings {
  readonly exposeErrors: boolean;
  readonly logger: Logger;
  readonly stallMs: number;
  readonly draining: AbortSignal;
}

type RouteErrors = Pick<RoutePolicy, "errors" | "refusals"> | undefined;

/** Headers of a JSON answer: made for one caller, so no cache keeps it. */
export const JSON_HEADERS = { "content-type": "application/json", "cache-control": "no-store" };
const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

/** Writes what a route gave back. A reply that cannot be written is answered as an error. */
export async function sendReply(
  exchange: Exchange,
  reply: Reply,
  policy: RouteErrors,
  settings: ReplySettings,
): Promise<void> {
  const { response } = exchange;
  const head = exchange.request.method === "HEAD";
  try {
    const status = finalStatus(reply);
    if (reply.kind === "sse") {
      const headers = headersOf(exchange, settings, SSE_HEADERS, reply.headers);
      await writeSse(response, reply, { headers, head, stallMs: settings.stallMs });
      return;
    }
    if (response.destroyed) return;
    if (reply.kind === "empty") {
      writeEmpty(exchange, status, headersOf(exchange, settings, {}, reply.headers));
      return;
    }
    if (reply.kind === "upgrade") throw upgradeRequired();
    const text = reply.kind === "json" ? jsonText(reply.body) : reply.text;
    const defaults =
      reply.kind === "text"
        ? { "content-type": reply.contentType ?? "text/plain; charset=utf-8" }
        : JSON_HEADERS;
    const headers = headersOf(exchange, settings, defaults, reply.headers);
    writeText(response, status, headers, text, { head, stallMs: settings.stallMs });
  } catch (error) {
    sendError(exchange, error, policy, settings);
  }
}

/** Answers an error: hidden unless thrown on purpose, and in the log where it is the server's fault (B26). */
export function sendError(
  exchange: Exchange,
  thrown: unknown,
  policy: RouteErrors,
  settings: ReplySettings,
): void {
  const { response, requestId } = exchange;
  const error = toAppError(thrown);
  if (response.headersSent || response.destroyed) {
    if (!response.destroyed) logError(error, exchange, settings.logger);
    cutOff(response, settings.stallMs);
    return;
  }
  logFault(error, exchange, settings.logger);
  const visibility = { exposeErrors: settings.exposeErrors, requestId };
  try {
    writeError(exchange, renderError(error, policy, visibility), settings);
  } catch (cause) {
    // The thrower's own headers cannot be sent.
    const fault = new AppError("internal_error", { cause });
    logFault(fault, exchange, settings.logger);
    writeError(exchange, renderError(fault, policy, visibility), settings);
  }
}

function writeError(
  exchange: Exchange,
  reply: JsonTextReply | TextReply,
  settings: ReplySettings,
): void {
  const { request, response } = exchange;
  const status = reply.status ?? 500;
  const defaults =
    reply.kind === "text"
      ? { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }
      : JSON_HEADERS;
  const headers = headersOf(exchange, settings, defaults, reply.headers);
  const options = { head: request.method === "HEAD", stallMs: settings.stallMs };
  if (!hasUnreadBody(request)) {
    writeText(response, status, headers, reply.text, options);
  } else if (exchange.expectsContinue && !request.readableDidRead) {
    // The client holds its body back until it is told to send it: nothing waits in the socket.
    headers["connection"] = "close";
    writeText(response, status, headers, reply.text, options);
  } else {
    refuseEarly(request, response, status, headers, reply.text);
  }
}

/** The 426 of a WebSocket route that was asked without an upgrade, RFC 9110 section 15.5.22. */
export function upgradeRequired(): AppError {
  return new AppError("upgrade_required", {
    headers: { upgrade: "websocket", connection: "Upgrade" },
  });
}

/** Puts a server's fault in the log, with the id the client reads. */
export function logFault(
  error: AppError,
  exchange: Pick<Exchange, "requestId" | "request">,
  logger: Logger,
): void {
  if (isLogged(error)) return;
  const isFault = error.code === "internal_error" || error.cause !== undefined;
  if (error.status >= 500 && isFault) logError(error, exchange, logger);
}

function logError(
  error: AppError,
  exchange: Pick<Exchange, "requestId" | "request">,
  logger: Logger,
): void {
  const cause = error.cause ?? error;
  logger.error(
    {
      requestId: exchange.requestId,
      method: exchange.request.method,
      code: error.code,
      err: cause,
    },
    `Request failed: ${errorText(cause)}`,
  );
}

/** The text of a JSON body. */
export function jsonText(body: unknown): string {
  const text = JSON.stringify(body) as string | undefined;
  if (text === undefined) throw new TypeError("A route's reply has a body that is no JSON value.");
  return text;
}

/** A reply's status: one of those that end a request. */
export function finalStatus(reply: Reply): number {
  if (reply.kind === "upgrade") return 101;
  const status = reply.status ?? (reply.kind === "empty" ? 204 : 200);
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new TypeError(`A route's reply has status ${String(status)}, which ends no request.`);
}

function writeEmpty(exchange: Exchange, status: number, headers: OutgoingHeaders): void {
  if (status !== 204 && status !== 304) headers["content-length"] = 0;
  exchange.response.writeHead(status, headers as Record<string, string | string[] | number>);
  exchange.response.end();
}

function headersOf(
  exchange: Exchange,
  settings: ReplySettings,
  defaults: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string | readonly string[]>> | undefined,
): OutgoingHeaders {
  const facts = {
    requestId: exchange.requestId,
    crossOrigin: exchange.crossOrigin,
    close: settings.draining.aborted,
  };
  return replyHeaders(facts, defaults, own);
}
