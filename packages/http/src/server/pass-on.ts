import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "@wheelhouse/core";
import type { Express } from "express";
import { shuttingDown } from "../dispatch.js";
import { Exchange } from "../exchange.js";
import { admitToFallback } from "../guards/admit.js";
import type { Exposure } from "../guards/guard-peer.js";
import type { Lifecycle } from "../lifecycle.js";
import type { HttpSettings } from "../options.js";
import { type ReplySettings, sendError } from "../replies/send-reply.js";
import { requestIdOf } from "../request/request-id.js";
import { middlewareError, type Next } from "./express-app.js";

/** What happens to the requests that no route has. */
export interface PassOn {
  /** From our own listener: the fallback, then the user's app where there is one, else 404. */
  fromListener(exchange: Exchange, app: Express | undefined, bound: Exposure): void;
  /** Inside the user's app: the fallback, then what the user added. */
  fromApp(exchange: Exchange, next: Next): void;
  /** Whether a request was here before it came to the app. */
  has(request: IncomingMessage): boolean;
  /** At the app's end: 404, or the error that came up. */
  finish(request: IncomingMessage, response: ServerResponse, error: unknown): void;
}

/** Makes the last stop of a server's requests. */
export function createPassOn(
  settings: HttpSettings,
  replies: ReplySettings,
  lifecycle: Lifecycle,
): PassOn {
  const { fallback } = settings;
  const { draining } = lifecycle;
  const passed = new WeakMap<IncomingMessage, Exchange>();

  const start = (exchange: Exchange): void => {
    passed.set(exchange.request, exchange);
    exchange.onEnd(lifecycle.begin(exchange));
  };
  const prepare = ({ response, requestId, expectsContinue }: Exchange): void => {
    if (response.hasHeader("x-request-id")) return;
    response.setHeader("x-request-id", requestId);
    if (expectsContinue) response.writeContinue();
  };
  const isTaken = (exchange: Exchange, bound: Exposure | undefined): boolean => {
    if (fallback === undefined) return false;
    if (draining.aborted) throw shuttingDown();
    const { request, response, requestId, expectsContinue } = exchange;
    admitToFallback(request, bound, settings);
    if (fallback.usesFacts !== true) prepare(exchange);
    const { trustedProxies, allowedOrigins } = settings;
    return fallback.handle(request, response, {
      requestId,
      expectsContinue,
      trustedProxies,
      allowedOrigins,
    });
  };

  return {
    fromListener(exchange, app, bound) {
      const { request, response } = exchange;
      try {
        start(exchange);
        if (isTaken(exchange, bound)) return;
        if (app === undefined) throw new AppError("not_found");
        if (draining.aborted) throw shuttingDown();
        prepare(exchange);
        app(request, response);
      } catch (error) {
        sendError(exchange, error, undefined, replies);
      }
    },
    fromApp(exchange, next) {
      start(exchange);
      if (exchange.request.url?.startsWith("/") !== true) {
        const message = "Send the request target as a path.";
        throw new AppError("invalid_request", { message });
      }
      if (isTaken(exchange, undefined)) return;
      prepare(exchange);
      next();
    },
    has: (request) => passed.has(request),
    finish(request, response, error) {
      const exchange =
        passed.get(request) ??
        new Exchange(request, response, {
          requestId: requestIdOf(request.headers["x-request-id"]),
          expectsContinue: false,
          crossOrigin: undefined,
        });
      // Express calls the end with null or undefined when nothing failed.
      const thrown = error == null ? new AppError("not_found") : middlewareError(error);
      sendError(exchange, thrown, undefined, replies);
    },
  };
}
