import type { Route } from "@wheelhouse/http";
import type { ResponsesContext } from "../responses/responses-context.js";
import { recordOfResponse, stopResponse } from "../responses/retrieve-response.js";
import { storedRoutes } from "./stored-route.js";

/** `DELETE /responses/{id}`: with its events and steps; a run that is under way is stopped. */
export function deleteResponseRoutes(context: ResponsesContext): Route[] {
  return storedRoutes(context, "DELETE", "/responses/:id", async ({ input, stored, owner }) => {
    const id = input.params["id"]!;
    const record = await recordOfResponse(stored, id, owner);
    if (record.value.state === "active") await stopResponse(stored, record, input.client);
    await Promise.all([
      stored.records.delete(id),
      stored.store.log.remove(id),
      // Steps that a later run goes on with stay until it is deleted.
      record.value.stepsOf === id ? stored.steps.forget(id) : undefined,
    ]);
    return { kind: "json", body: { id, object: "response", deleted: true } };
  });
}
