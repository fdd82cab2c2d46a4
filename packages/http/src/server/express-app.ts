import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { AppError, isAppError } from "@wheelhouse/core";
import type { Express, Router } from "express";

/** What goes on when nothing took a request, or something failed. */
export type Next = (error?: unknown) => void;

/** One step of an Express app, without Express's types. */
export type Step = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

/** Loaded when first used: Express costs a plain server's start some 100 ms. */
const loadExpress = (): typeof import("express") =>
  createRequire(import.meta.url)("express") as typeof import("express");

/** A router that runs a step; paths that no route has go on to the app it is mounted in. */
export function createExpressRouter(step: Step): Router {
  const router = loadExpress().Router();
  router.use(step);
  return router;
}

/**
 * An app that runs a step, then what its user adds to it, then `finish`, which is not a middleware because
 * what the user adds later would come after it.
 */
export function createExpressApp(
  step: Step,
  finish: (request: IncomingMessage, response: ServerResponse, error: unknown) => void,
): Express {
  const app = loadExpress()();
  app.disable("x-powered-by");
  app.use(step);
  const inner = app as unknown as { handle: Step };
  const handle = inner.handle.bind(app);
  inner.handle = (request, response, next) => {
    handle(request, response, next ?? ((error) => finish(request, response, error)));
  };
  return app;
}

/** An error that a middleware passed on: its 4xx ones are meant for the client (http-errors, `expose`). */
export function middlewareError(thrown: unknown): unknown {
  if (isAppError(thrown) || typeof thrown !== "object" || thrown === null) return thrown;
  const { status, expose, message } = thrown as Record<string, unknown>;
  if (typeof status !== "number" || status < 400 || status > 499) return thrown;
  const code = status === 413 ? "payload_too_large" : status === 404 ? "not_found" : undefined;
  return new AppError(code ?? "invalid_request", {
    status,
    message: expose === true && typeof message === "string" ? message : undefined,
    cause: thrown,
  });
}
