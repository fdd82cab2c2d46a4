import type { Route } from "@wheelhouse/http";
import type { ResponsesContext } from "../responses/responses-context.js";
import { recordOfResponse } from "../responses/retrieve-response.js";
import { listPage, parseListQuery } from "../wire/responses/list-page.js";
import { storedRoutes } from "./stored-route.js";

/** `GET /responses/{id}/input_items`: the items of the request, newest first by default. */
export function inputItemsRoutes(context: ResponsesContext): Route[] {
  return storedRoutes(
    context,
    "GET",
    "/responses/:id/input_items",
    async ({ input, stored, owner }) => {
      const query = parseListQuery(input.query);
      const { value } = await recordOfResponse(stored, input.params["id"]!, owner);
      return { kind: "json", body: listPage(value.input, query) };
    },
  );
}
