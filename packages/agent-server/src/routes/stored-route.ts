import { AppError } from "@wheelhouse/core";
import type { Method, Reply, Route, RouteInput } from "@wheelhouse/http";
import type { ResponsesContext, StoredResponses } from "../responses/responses-context.js";

/** What a route on stored things is given. */
export interface StoredInput {
  readonly input: RouteInput;
  readonly stored: StoredResponses;
  readonly owner: string | null;
}

/**
 * A route on stored responses or conversations, at `/` and at `/v1`. On a server that stores none it
 * answers 501 (B81).
 */
export function storedRoutes(
  context: ResponsesContext,
  method: Method,
  path: string,
  handle: (given: StoredInput) => Reply | Promise<Reply>,
): Route[] {
  return ["", "/v1"].map((prefix) => ({
    method,
    path: `${prefix}${path}`,
    policy: { surface: "agent" },
    handle(input) {
      const { stored } = context;
      if (stored === undefined)
        throw new AppError("not_implemented", { message: "This server stores no responses." });
      return handle({ input, stored, owner: input.user?.id ?? null });
    },
  }));
}
