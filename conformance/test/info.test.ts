import { createRegistry, invoke } from "@wheelhouse/agent-sdk";
import { afterEach, describe, expect, test, vi } from "vitest";
import { H, IN, json, post, S, serve, type ServerOptions } from "./support/index.js";

afterEach(() => vi.unstubAllEnvs());

const info = async (options: ServerOptions) => {
  await using served = await serve(options);
  const response = await fetch(`${served.url}/agent/info`);
  expect(response.status).toBe(200);
  return await json(response);
};

describe("health", () => {
  test.each<[string, () => ServerOptions]>([
    ["an agent", () => ({ agents: [H, S] })],
    ["no agent at all", () => ({ registry: createRegistry() })],
    ["a base agent", () => ({ agents: H, agentType: null })],
  ])("B1 GET /health answers of a server with %s", async (_, options) => {
    await using served = await serve(options());
    const response = await fetch(`${served.url}/health`);
    expect(response.status).toBe(200);
    expect(await json(response)).toEqual({ status: "healthy" });
  });
});

describe("GET /agent/info", () => {
  test("B2 names the use case, the MLflow release, the agent API and `agent_server`", async () => {
    vi.stubEnv("DATABRICKS_APP_NAME", undefined);
    expect(await info({ agents: H })).toMatchObject({
      name: "agent_server",
      use_case: "agent",
      mlflow_version: "3.18.0",
      agent_api: "responses",
    });
  });

  test("B2 the name is the agent's configured one", async () => {
    vi.stubEnv("DATABRICKS_APP_NAME", undefined);
    const docs = invoke({ name: "docs" }, () => "hi");
    expect(await info({ agents: docs })).toMatchObject({ name: "docs" });
  });

  test("B2 the name is the server's configured one", async () => {
    vi.stubEnv("DATABRICKS_APP_NAME", undefined);
    expect(await info({ agents: H, name: "front" })).toMatchObject({ name: "front" });
  });

  test("B3 a base agent has no key agent_api", async () => {
    const body = await info({ agents: H, agentType: null });
    expect(body).toMatchObject({ use_case: "agent", mlflow_version: "3.18.0" });
    expect(body).not.toHaveProperty("agent_api");
  });

  test("B4 DATABRICKS_APP_NAME is read at request time and wins", async () => {
    await using served = await serve({ agents: H, name: "front" });
    const name = async () => (await json(await fetch(`${served.url}/agent/info`)))["name"];
    vi.stubEnv("DATABRICKS_APP_NAME", "x");
    expect(await name()).toBe("x");
    vi.stubEnv("DATABRICKS_APP_NAME", "y");
    expect(await name()).toBe("y");
    vi.stubEnv("DATABRICKS_APP_NAME", undefined);
    expect(await name()).toBe("front");
  });
});

describe("what is not there", () => {
  test.each(["/responses", "/v1/responses"])(
    "B7 a base agent answers POST %s with 404, whatever is sent",
    async (path) => {
      await using served = await serve({ agents: [H, S], agentType: null });
      for (const body of [IN, { ...IN, stream: true }, "notjson", ""]) {
        const response = await post(`${served.url}${path}`, body);
        expect(response.status).toBe(404);
        expect(await json(response)).toMatchObject({ detail: "Not Found", message: "Not Found" });
      }
    },
  );

  test("B86 GET / is 404 without proxy and console", async () => {
    await using served = await serve({ agents: H });
    const response = await fetch(`${served.url}/`);
    expect(response.status).toBe(404);
    expect(await json(response)).toMatchObject({ detail: "Not Found", message: "Not Found" });
  });

  test.each(["/nope", "/responses/a/b/c", "/agents", "/v1", "/.env", "/health/x"])(
    "B86 GET %s is 404 in JSON",
    async (path) => {
      await using served = await serve({ agents: H });
      const response = await fetch(`${served.url}${path}`);
      expect(response.status).toBe(404);
      expect(await json(response)).toMatchObject({ detail: "Not Found" });
    },
  );

  test.each(["/docs", "/openapi.json", "/redoc"])("B71 GET %s is 404", async (path) => {
    await using served = await serve({ agents: H });
    const response = await fetch(`${served.url}${path}`);
    expect(response.status).toBe(404);
    expect(await json(response)).toMatchObject({ detail: "Not Found" });
  });

  test("B71 GET /openapi.json describes the server where it is enabled", async () => {
    await using served = await serve({ agents: H, openapi: true });
    const response = await fetch(`${served.url}/openapi.json`);
    expect(response.status).toBe(200);
    const body = await json(response);
    expect(Object.keys(body["paths"])).toEqual(
      expect.arrayContaining(["/invocations", "/responses", "/health"]),
    );
    expect((await fetch(`${served.url}/docs`)).status).toBe(200);
  });
});
