import { describe, expect, test } from "vitest";
import {
  createHttpServer,
  type HttpServerOptions,
  type Route,
  type UpgradeRoute,
} from "../src/index.js";
import { createTestLogger } from "./support/logger.js";
import { exchangeRaw, jsonOf, statusOf } from "./support/raw.js";
import { AGENT, json, OWN, PROBE, route } from "./support/routes.js";
import { serve, WAYS } from "./support/ways.js";

const ROUTES: Route[] = [
  route("GET /health", PROBE, () => json("healthy")),
  route("GET /agent", AGENT, ({ user }) => json({ user })),
  route("POST /agent", AGENT, ({ user }) => json({ user })),
  route("GET /own", OWN, ({ user, local }) => json({ user, local })),
  route("GET /text", { ...OWN, refusals: "text" }, () => json(1)),
  route("GET /remote", { ...OWN, remote: "route" }, ({ local }) => json({ local })),
  route("GET /anyone", { ...AGENT, access: "anyone" }, ({ user }) => json({ user })),
  route("GET /admin", { ...OWN, access: "admin" }, ({ user }) => json({ user })),
];

const USERS: Record<string, { id: string; isAdmin: boolean }> = {
  "Bearer ann": { id: "ann", isAdmin: false },
  "Bearer root": { id: "root", isAdmin: true },
};
const authenticate: HttpServerOptions["authenticate"] = ({ headers }) =>
  Promise.resolve(USERS[headers.authorization ?? ""] ?? null);
const as = (name: string) => ({ headers: { authorization: `Bearer ${name}` } });

const ask = async (port: number, path: string, ...headers: string[]) => {
  const lines = headers.map((header) => `${header}\r\n`).join("");
  return exchangeRaw(port, `GET ${path} HTTP/1.1\r\n${lines}connection: close\r\n\r\n`);
};

describe.each(WAYS)("on loopback, %s", (way) => {
  const start = (options: Partial<HttpServerOptions> = {}) =>
    serve(way, { routes: ROUTES, ...options });

  test("B208, B209: agent and own routes check Host, probes do not", async () => {
    await using served = await start({ allowedHosts: ["app.example"] });
    for (const path of ["/agent", "/own"]) {
      for (const header of ["host: evil.example", "host:", "host: localhost\r\nhost: localhost"]) {
        const answer = await ask(served.port, path, header);
        expect(statusOf(answer), header).toBe(403);
        expect(jsonOf(answer).error.code).toBe("invalid_host");
      }
      expect(statusOf(await ask(served.port, path))).toBe(403);
      for (const name of ["localhost:1", "127.0.0.1", "[::1]:80", "APP.example:9"]) {
        expect(statusOf(await ask(served.port, path, `host: ${name}`)), name).toBe(200);
      }
    }
    expect(statusOf(await ask(served.port, "/health", "host: evil.example"))).toBe(200);
  });

  test("HTTP/1.0 without a Host is refused too", async () => {
    await using served = await start();
    expect(statusOf(await exchangeRaw(served.port, "GET /agent HTTP/1.0\r\n\r\n"))).toBe(403);
  });

  test("B208, B210: a route can have its refusals as plain text", async () => {
    await using served = await start();
    const host = await ask(served.port, "/text", "host: evil.example");
    expect(statusOf(host)).toBe(403);
    expect(host).toContain("content-type: text/plain");
    expect(host).toContain("\r\n\r\nInvalid Host header - possible DNS rebinding attack detected");
    const origin = await ask(
      served.port,
      "/text",
      "host: localhost",
      "origin: https://evil.example",
    );
    expect(origin).toContain("\r\n\r\nCross-origin request blocked");
  });

  test("B210-B212: foreign origins are refused, GET included", async () => {
    await using served = await start();
    const get = async (path: string, ...headers: string[]) =>
      statusOf(await ask(served.port, path, "host: localhost:8000", ...headers));
    for (const path of ["/agent", "/own"]) {
      expect(await get(path, "origin: https://evil.example")).toBe(403);
      expect(await get(path, "origin: null")).toBe(403);
      expect(await get(path, "origin: http://localhost:8000", "origin: http://x.y")).toBe(403);
      expect(await get(path, "sec-fetch-site: cross-site")).toBe(403);
      expect(await get(path, "origin: http://localhost:8000")).toBe(200);
    }
    expect(await get("/agent", "origin: http://localhost:3000")).toBe(200);
    expect(await get("/own", "origin: http://localhost:3000")).toBe(403);
    expect(await get("/health", "origin: https://evil.example")).toBe(200);
  });

  test("B213: a preflight of a foreign origin gets no CORS headers, one of a listed origin does", async () => {
    await using served = await start({ allowedOrigins: ["https://app.example"] });
    const preflight = (origin: string) =>
      fetch(`${served.url}/agent`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type, authorization",
        },
      });
    const foreign = await preflight("https://evil.example");
    expect(foreign.status).toBe(405);
    expect([...foreign.headers.keys()].filter((key) => key.startsWith("access-"))).toEqual([]);
    const listed = await preflight("https://app.example");
    expect(listed.status).toBe(204);
    expect(listed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(listed.headers.get("access-control-allow-methods")).toContain("POST");
    expect(listed.headers.get("access-control-allow-headers")).toBe("content-type, authorization");
    const call = await fetch(`${served.url}/agent`, { headers: { origin: "https://app.example" } });
    expect(call.status).toBe(200);
    expect(call.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(call.headers.get("vary")).toBe("origin");
    // What a client needs to know whether to come again.
    expect(call.headers.get("access-control-expose-headers")).toMatch(
      /retry-after\b.*x-should-retry/,
    );
  });

  test("B205: a forwarded request is not local: own routes are refused unless they decide themselves", async () => {
    await using served = await start();
    const headers = { "x-forwarded-for": "127.0.0.1" };
    const own = await fetch(`${served.url}/own`, { headers });
    expect(own.status).toBe(403);
    expect(await own.json()).toMatchObject({ error: { code: "permission_denied" } });
    const remote = await fetch(`${served.url}/remote`, { headers });
    expect(await remote.json()).toEqual({ local: false });
    expect(await (await fetch(`${served.url}/remote`)).json()).toEqual({ local: true });
    expect((await fetch(`${served.url}/agent`, { headers })).status).toBe(200);
    const rebound = await ask(
      served.port,
      "/agent",
      "host: evil.example",
      "x-forwarded-for: 8.8.8.8",
    );
    expect(statusOf(rebound)).toBe(403);
  });

  test("B206, B207: behind a trusted proxy the client that it saw counts", async () => {
    await using served = await start({ trustedProxies: ["127.0.0.1"] });
    const own = async (value: string) =>
      (await fetch(`${served.url}/own`, { headers: { "x-forwarded-for": value } })).status;
    expect(await own("127.0.0.1")).toBe(200);
    expect(await own("8.8.8.8")).toBe(403);
    expect(await own("8.8.8.8, 127.0.0.1")).toBe(403);
    expect(await own("127.0.0.1, 203.0.113.5")).toBe(403);
  });

  test("authentication: 401 with a challenge, the user for routes, admin routes for admins", async () => {
    await using served = await start({ authenticate });
    const nobody = await fetch(`${served.url}/agent`, { method: "POST", body: "{}" });
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get("www-authenticate")).toBe("Bearer");
    expect(await nobody.json()).toMatchObject({ error: { code: "authentication_required" } });
    const ann = await fetch(`${served.url}/own`, as("ann"));
    expect(await ann.json()).toMatchObject({ user: USERS["Bearer ann"] });
    expect((await fetch(`${served.url}/admin`, as("ann"))).status).toBe(403);
    expect((await fetch(`${served.url}/admin`, as("root"))).status).toBe(200);
    expect(await (await fetch(`${served.url}/anyone`)).json()).toEqual({ user: null });
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
  });

  test("an authenticate that throws is a hidden 500, and logged", async () => {
    const logger = createTestLogger();
    await using served = await start({
      logger,
      authenticate: () => {
        throw new Error("database password is hunter2");
      },
    });
    const answer = await fetch(`${served.url}/agent`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("hunter2");
    expect(logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("what is not a user is nobody", async () => {
    await using served = await start({ authenticate: (() => true) as never });
    expect((await fetch(`${served.url}/agent`)).status).toBe(401);
  });

  test("authenticate sees method, path and peer", async () => {
    let seen: unknown;
    await using served = await start({
      staticPrefix: "/api",
      authenticate: ({ method, path, remoteAddress }) => {
        seen = { method, path, remoteAddress };
        return null;
      },
    });
    await fetch(`${served.url}/api/agent?x=1`);
    expect(seen).toEqual({ method: "GET", path: "/api/agent", remoteAddress: "127.0.0.1" });
  });
});

describe("on a public address", () => {
  const start = async (options: Partial<HttpServerOptions> = {}) => {
    const server = createHttpServer({ routes: ROUTES, ...options });
    const { port } = await server.listen({ port: 0, host: "0.0.0.0" });
    return {
      port,
      url: `http://127.0.0.1:${port}`,
      [Symbol.asyncDispose]: () => server.close({ graceMs: 0 }),
    };
  };

  test("without authentication the agent is served with a warning, own routes are not there", async () => {
    const logger = createTestLogger();
    await using served = await start({ logger });
    expect(logger.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    expect(statusOf(await ask(served.port, "/agent", "host: agent.example"))).toBe(200);
    expect(statusOf(await ask(served.port, "/agent", "host: a", "origin: https://b"))).toBe(200);
    for (const path of ["/own", "/remote", "/admin"]) {
      expect((await fetch(served.url + path)).status, path).toBe(404);
      expect((await fetch(served.url + path, { method: "PUT" })).status, path).toBe(404);
    }
  });

  test("HTTP/1.1 asks for one Host", async () => {
    await using served = await start();
    expect(statusOf(await ask(served.port, "/agent"))).toBe(400);
    expect(statusOf(await ask(served.port, "/agent", "host: a", "host: b"))).toBe(400);
    expect(statusOf(await exchangeRaw(served.port, "GET /agent HTTP/1.0\r\n\r\n"))).toBe(200);
  });

  test("with allowedHosts the Host is checked", async () => {
    await using served = await start({ allowedHosts: ["agent.example"] });
    expect(statusOf(await ask(served.port, "/agent", "host: agent.example"))).toBe(200);
    expect(statusOf(await ask(served.port, "/agent", "host: evil.example"))).toBe(403);
  });

  test("with authentication both surfaces are served, own ones still not to foreign pages", async () => {
    await using served = await start({ authenticate });
    expect((await fetch(`${served.url}/own`)).status).toBe(401);
    const ann = await fetch(`${served.url}/own`, as("ann"));
    expect(await ann.json()).toEqual({ user: USERS["Bearer ann"], local: false });
    const foreign = { headers: { ...as("ann").headers, origin: "https://evil.example" } };
    expect((await fetch(`${served.url}/own`, foreign)).status).toBe(403);
    expect((await fetch(`${served.url}/agent`, foreign)).status).toBe(200);
  });

  test("an own route that was asked for, or exposeErrors, is a start-up error", async () => {
    const explicit: UpgradeRoute = {
      path: "/console",
      policy: { ...OWN, explicit: true },
      handle: () => json(1),
    };
    const open = createHttpServer({ routes: ROUTES, upgrades: [explicit] });
    const where = { port: 0, host: "0.0.0.0" };
    await expect(open.listen(where)).rejects.toThrow(/\/console.*authenticate/);
    await open.listen({ port: 0 });
    await open.close();
    const exposed = createHttpServer({ routes: ROUTES, exposeErrors: true, authenticate });
    await expect(exposed.listen(where)).rejects.toThrow(/exposeErrors/);
    await exposed.close();
    const closed = createHttpServer({ routes: [], upgrades: [explicit], authenticate });
    await closed.listen(where);
    await closed.close();
  });
});
