import { AppError } from "@wheelhouse/core";
import type { Route } from "@wheelhouse/http";
import type { ResponsesContext } from "../responses/responses-context.js";
import {
  recordOfResponse,
  retrieveResponse,
  stopResponse,
} from "../responses/retrieve-response.js";
import type { StoredResponse } from "../stored/response-records.js";
import { storedRoutes } from "./stored-route.js";

/**
 * `POST /responses/{id}/cancel`: stops a run that goes on without its client. One that has ended is given as
 * it is, so that cancelling twice is the same as once (B82).
 */
export function cancelResponseRoutes(context: ResponsesContext): Route[] {
  return storedRoutes(
    context,
    "POST",
    "/responses/:id/cancel",
    async ({ input, stored, owner }) => {
      const id = input.params["id"]!;
      const record = await recordOfResponse(stored, id, owner);
      if (!isCancellable(context, record))
        throw new AppError("invalid_request", {
          message:
            "Only a response with background: true can be cancelled. One without ends when its client closes the connection.",
          param: "id",
        });
      if (record.value.state === "active") await stopResponse(stored, record, input.client);
      return { kind: "json", body: await retrieveResponse(stored, id, owner) };
    },
  );
}

/** A background run, or one under way that its client's leaving does not stop. */
function isCancellable({ agents }: ResponsesContext, { value }: StoredResponse): boolean {
  if (value.request.background === true) return true;
  if (value.state === "ended") return value.response.status === "cancelled";
  const agent = agents.list().find(({ name }) => name === value.agent);
  const policy = value.request.disconnect ?? agent?.[value.handler]?.options.disconnect;
  return policy !== undefined && policy !== "cancel";
}
