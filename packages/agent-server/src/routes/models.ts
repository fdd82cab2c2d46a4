import { AppError } from "@wheelhouse/core";
import type { Route } from "@wheelhouse/http";
import type { RouteContext } from "./route-context.js";

/** `GET /models` and `GET /models/{model}`, with and without `/v1`: the agents, in OpenAI's form. */
export function modelRoutes({ agents }: RouteContext): Route[] {
  const created = Math.floor(Date.now() / 1000);
  const model = (id: string): object => ({ id, object: "model", created, owned_by: "wheelhouse" });
  return ["", "/v1"].flatMap((prefix): Route[] => [
    {
      method: "GET",
      path: `${prefix}/models`,
      policy: { surface: "agent" },
      handle: () => ({
        kind: "json",
        body: { object: "list", data: agents.list().map(({ name }) => model(name)) },
      }),
    },
    {
      method: "GET",
      path: `${prefix}/models/:model`,
      policy: { surface: "agent" },
      handle: ({ params }) => {
        const id = params["model"]!;
        if (agents.list().every(({ name }) => name !== id))
          throw new AppError("model_not_found", {
            message: `The model '${id}' does not exist.`,
            param: "model",
          });
        return { kind: "json", body: model(id) };
      },
    },
  ]);
}
