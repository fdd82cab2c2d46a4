import type { Route } from "@wheelhouse/http";
import type { ResponsesContext } from "../responses/responses-context.js";
import { recordOfResponse, retrieveResponse } from "../responses/retrieve-response.js";
import { streamResponse } from "../responses/stream-response.js";
import { asksForEncrypted } from "../stored/withheld.js";
import { parseRetrieve } from "../wire/responses/parse-retrieve.js";
import { storedRoutes } from "./stored-route.js";

/** `GET /responses/{id}`: the response as far as it is, or its events after a cursor. */
export function retrieveResponseRoutes(context: ResponsesContext): Route[] {
  return storedRoutes(context, "GET", "/responses/:id", async ({ input, stored, owner }) => {
    const { params, query, headers, client } = input;
    const id = params["id"]!;
    const { stream, after } = parseRetrieve(query, headers["last-event-id"]);
    if (!stream) {
      const asked = { encrypted: asksForEncrypted(query) };
      return { kind: "json", body: await retrieveResponse(stored, id, owner, asked) };
    }
    await recordOfResponse(stored, id, owner);
    return { kind: "sse", frames: streamResponse(stored, id, { after, client }) };
  });
}
