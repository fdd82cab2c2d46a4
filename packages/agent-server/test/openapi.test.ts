import { describe, expect, test } from "vitest";
import { IN, type Json, postJson } from "./support/http.js";
import { looseInvoke } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";

const agents = looseInvoke(() => "x");

/** Every `$ref` of a document. */
function refsOf(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  const own = "$ref" in node && typeof node.$ref === "string" ? [node.$ref] : [];
  return [...own, ...Object.values(node).flatMap(refsOf)];
}

/** What a JSON pointer of a document points to, RFC 6901. */
const resolve = (document: Json, ref: string): unknown =>
  ref
    .slice(2)
    .split("/")
    .reduce<unknown>(
      (node, step) => (node as Json | undefined)?.[step.replace(/~1/g, "/").replace(/~0/g, "~")],
      document,
    );

describe("with openapi: true", () => {
  test("B71 /openapi.json is an OpenAPI 3.1 document of every route", async () => {
    await using served = await serve({ agents, openapi: true });
    const response = await fetch(`${served.url}/openapi.json`);
    expect(response.headers.get("content-type")).toContain("application/json");
    const document = (await response.json()) as Json;
    expect(document["openapi"]).toMatch(/^3\.1\.\d+$/);
    expect(document["info"]).toEqual({ title: expect.any(String), version: expect.any(String) });
    expect(Object.keys(document["paths"])).toEqual(
      expect.arrayContaining([
        "/invocations",
        "/agents/{name}/invocations",
        "/responses",
        "/v1/responses",
        "/v1/models",
        "/health",
        "/agent/info",
      ]),
    );
    for (const [path, operations] of Object.entries(document["paths"] as Record<string, Json>))
      for (const [method, operation] of Object.entries(operations)) {
        expect(["get", "post", "delete"]).toContain(method);
        const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const parameters = ((operation as Json)["parameters"] ?? []) as Json[];
        expect(parameters.map((parameter) => parameter["name"])).toEqual(names);
        for (const parameter of parameters) expect(parameter["required"]).toBe(true);
        for (const [status, answer] of Object.entries((operation as Json)["responses"] as Json)) {
          expect(status).toMatch(/^(\d{3}|default)$/);
          expect(answer.description).toEqual(expect.any(String));
        }
      }
    for (const ref of refsOf(document)) {
      expect(ref).toMatch(/^#\//);
      expect(resolve(document, ref), ref).toBeDefined();
    }
    const create = document["paths"]["/responses"].post;
    const schema = create.requestBody.content["application/json"].schema as Json;
    expect(Object.keys(schema["properties"])).toEqual(
      expect.arrayContaining(["input", "model", "stream", "tools", "custom_inputs"]),
    );
    expect(create.responses["200"].content).toHaveProperty(["text/event-stream"]);
  });

  test("B71 /docs loads nothing from elsewhere and runs no script", async () => {
    await using served = await serve({ agents, openapi: true, staticPrefix: "/api" });
    for (const prefix of ["", "/api"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other.
      const response = await fetch(`${served.url}${prefix}/docs`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toContain("text/html");
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
      // oxlint-disable-next-line no-await-in-loop -- as above.
      const page = await response.text();
      expect(page).toMatch(/^<!doctype html>/);
      expect(page).not.toMatch(/https?:|\/\/|<script|<link|<img|\son\w+=/i);
      expect(page).toContain("/invocations");
      const link = /href="([^"]+)"/.exec(page)![1]!;
      const target = new URL(link, `${served.url}${prefix}/docs`);
      // oxlint-disable-next-line no-await-in-loop -- as above.
      expect((await fetch(target)).status).toBe(200);
    }
  });

  test("a base agent's document has no /responses", async () => {
    await using served = await serve({ agents, openapi: true, agentType: null });
    const document = (await (await fetch(`${served.url}/openapi.json`)).json()) as Json;
    expect(Object.keys(document["paths"])).not.toContain("/responses");
  });
});

test("B71 without it both are 404, and the server works", async () => {
  await using served = await serve({ agents });
  for (const path of ["/docs", "/openapi.json", "/redoc", "/docs/"])
    // oxlint-disable-next-line no-await-in-loop -- one after the other.
    expect((await fetch(`${served.url}${path}`)).status).toBe(404);
  expect((await postJson(`${served.url}/invocations`, IN)).status).toBe(200);
});
