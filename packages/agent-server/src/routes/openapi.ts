import { CreateResponseRequest, jsonSchemaOf, Response } from "@wheelhouse/core";
import type { Route } from "@wheelhouse/http";

/** `GET /openapi.json` and a page that shows it; served only where asked for (B71). */
export function openapiRoutes(routes: readonly Route[]): Route[] {
  let document: object | undefined;
  const policy = { surface: "agent" } as const;
  return [
    {
      method: "GET",
      path: "/openapi.json",
      policy,
      handle: () => ({ kind: "json", body: (document ??= describe(routes)) }),
    },
    {
      method: "GET",
      path: "/docs",
      policy,
      handle: () => ({
        kind: "text",
        contentType: "text/html; charset=utf-8",
        text: page(routes),
        headers: { "content-security-policy": "default-src 'none'" },
      }),
    },
  ];
}

/** An OpenAPI 3.1 document from the table of routes and the schemas that check the requests. */
function describe(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path } of routes) {
    const name = path.replace(/:(\w+)/g, "{$1}");
    (paths[name] ??= {})[method.toLowerCase()] = operation(method, path);
  }
  return { openapi: "3.1.0", info: { title: "Agent Server", version: "1" }, paths };
}

function operation(method: string, path: string): object {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const json = (schema: object): object => ({ "application/json": { schema } });
  const isResponses = path.endsWith("/responses");
  const request = isResponses ? jsonSchemaOf(CreateResponseRequest, "input") : { type: "object" };
  const answer = isResponses ? jsonSchemaOf(Response, "output") : { type: "object" };
  const isRun = isResponses || path.endsWith("/invocations");
  const content = {
    ...json(answer),
    // With `stream: true` in the request.
    ...(isRun ? { "text/event-stream": { schema: { type: "string" } } } : {}),
  };
  return {
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(method === "POST" ? { requestBody: { required: true, content: json(request) } } : {}),
    responses: { "200": { description: "OK", content } },
  };
}

function page(routes: readonly Route[]): string {
  const rows = routes.map(({ method, path }) => `<li><code>${method} ${path}</code></li>`);
  return `<!doctype html><title>Agent Server</title><h1>Agent Server</h1><ul>${rows.join("")}</ul><p><a href="openapi.json">openapi.json</a></p>`;
}
