import { AppError } from "@wheelhouse/core";
import type { Route } from "@wheelhouse/http";
import type { Traces } from "../local/traces.js";
import { limitOf } from "./query.js";

/** Traces hold what everybody asked and was answered: with authentication they are for admins. */
const policy = { surface: "own", access: "admin" } as const;

/** `GET /traces` and `GET /traces/{id}`, from the local store. */
export function traceRoutes(traces: Traces): Route[] {
  return [
    {
      method: "GET",
      path: "/traces",
      policy,
      async handle({ query }) {
        const page = await listed(() =>
          traces.list({
            limit: limitOf(query),
            cursor: query.get("cursor") ?? undefined,
            sessionId: query.get("session_id") ?? undefined,
            userId: query.get("user_id") ?? undefined,
            status: query.get("status")?.toUpperCase(),
            name: query.get("name") ?? undefined,
          }),
        );
        return {
          kind: "json",
          body: {
            object: "list",
            data: page.traces,
            has_more: page.next !== undefined,
            next_cursor: page.next ?? null,
          },
        };
      },
    },
    {
      method: "GET",
      path: "/traces/:id",
      policy,
      async handle({ params }) {
        const trace = await traces.get(params["id"]!);
        if (trace === undefined)
          throw new AppError("not_found", { message: "There is no such trace here (any more)." });
        return { kind: "json", body: trace };
      },
    },
  ];
}

/** The store's own complaint about a cursor is the client's to read. */
async function listed<Page>(list: () => Promise<Page>): Promise<Page> {
  try {
    return await list();
  } catch (error) {
    if (error instanceof RangeError)
      throw new AppError("invalid_request", { message: error.message, param: "cursor" });
    throw error;
  }
}
