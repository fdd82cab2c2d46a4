import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { HttpServerOptions, UpgradeRoute } from "../src/index.js";
import { createTestLogger } from "./support/logger.js";
import { exchangeRaw, jsonOf, openRaw, statusOf } from "./support/raw.js";
import { AGENT, json, OWN, route, until } from "./support/routes.js";
import { serve, WAYS } from "./support/ways.js";

const echo: UpgradeRoute["handle"] = ({ params }) => ({
  kind: "upgrade",
  accept: (socket) => {
    socket.on("message", (data) => {
      socket.send(`${params["name"] ?? ""}:${(data as Buffer).toString()}`);
    });
  },
});
const UPGRADES: UpgradeRoute[] = [
  { path: "/echo/:name", policy: AGENT, handle: echo },
  { path: "/own", policy: OWN, handle: echo },
  { path: "/admin", policy: { ...AGENT, access: "admin" }, handle: echo },
  {
    path: "/refused",
    policy: AGENT,
    handle: () => ({ kind: "json", status: 409, body: { no: 1 } }),
  },
  {
    path: "/broken",
    policy: AGENT,
    handle: () => {
      throw new Error("secret");
    },
  },
  {
    path: "/broken-later",
    policy: AGENT,
    handle: () => ({
      kind: "upgrade",
      accept: () => {
        throw new Error("secret");
      },
    }),
  },
];

const handshake = (path: string, ...headers: string[]) =>
  [
    `GET ${path} HTTP/1.1`,
    ...(headers.some((header) => header.startsWith("host:")) ? [] : ["host: localhost"]),
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
    "\r\n",
  ].join("\r\n");

async function closed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    socket.on("error", () => {});
    socket.on("close", resolve);
  });
}

describe.each(WAYS)("%s", (way) => {
  const start = (options: Partial<HttpServerOptions> = {}) =>
    serve(way, {
      routes: [route("GET /plain", AGENT, () => json(1))],
      upgrades: UPGRADES,
      bodyLimit: 1_000,
      ...options,
    });

  test("a WebSocket is taken up with its parameters", async () => {
    await using served = await start({ staticPrefix: "/api" });
    for (const prefix of ["", "/api"]) {
      const socket = new WebSocket(`ws://127.0.0.1:${served.port}${prefix}/echo/a%20b`);
      const answer = await new Promise<string>((resolve) => {
        socket.on("open", () => socket.send("hi"));
        socket.on("message", (data) => resolve((data as Buffer).toString()));
      });
      expect(answer).toBe("a b:hi");
      socket.terminate();
    }
  });

  test("the same guards run as for a GET, refused with an HTTP answer", async () => {
    await using served = await start({
      authenticate: ({ headers }) =>
        headers.authorization === undefined ? null : { id: "ann", isAdmin: false },
    });
    const cases: [string, string[], number, string][] = [
      ["/echo/x", ["host: evil.example"], 403, "invalid_host"],
      ["/echo/x", ["origin: https://evil.example"], 403, "cross_origin"],
      ["/own", ["origin: http://localhost:3000"], 403, "cross_origin"],
      ["/echo/x", [], 401, "authentication_required"],
      ["/admin", ["authorization: x"], 403, "permission_denied"],
      ["/echo/%E0", ["authorization: x"], 400, "invalid_request"],
      ["/nowhere", [], 404, "not_found"],
      ["/plain", [], 404, "not_found"],
      ["/broken", ["authorization: x"], 500, "internal_error"],
    ];
    for (const [path, headers, status, code] of cases) {
      const answer = await exchangeRaw(served.port, handshake(path, ...headers));
      expect(statusOf(answer), path).toBe(status);
      expect(jsonOf(answer).error.code).toBe(code);
      expect(answer).toContain("x-request-id: ");
      expect(answer).not.toContain("secret");
    }
  });

  test("a route may refuse, and a bad handshake is 400", async () => {
    await using served = await start();
    const refused = await exchangeRaw(served.port, handshake("/refused"));
    expect(statusOf(refused)).toBe(409);
    expect(refused).toContain('{"no":1}');
    const bad = handshake("/echo/x").replace(
      "sec-websocket-version: 13",
      "sec-websocket-version: 1",
    );
    const answer = await exchangeRaw(served.port, bad);
    expect(statusOf(answer)).toBe(400);
    expect(jsonOf(answer).error.code).toBe("invalid_request");
  });

  test("a plain GET of a WebSocket path is 426, another method 405", async () => {
    await using served = await start();
    const get = await fetch(`${served.url}/echo/x`);
    expect(get.status).toBe(426);
    expect(get.headers.get("upgrade")).toBe("websocket");
    expect(await get.json()).toMatchObject({ error: { code: "upgrade_required" } });
    const post = await fetch(`${served.url}/echo/x`, { method: "POST" });
    expect(post.status).toBe(405);
  });

  test("a message over the limit closes the socket with 1009", async () => {
    await using served = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/own`);
    socket.on("open", () => socket.send("x".repeat(1_001)));
    expect(await closed(socket)).toBe(1009);
  });

  test("a route that fails after the handshake closes its socket and is logged", async () => {
    const logger = createTestLogger();
    await using served = await start({ logger });
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/broken-later`);
    expect(await closed(socket)).toBe(1011);
    expect(logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("a client that resets during the handshake does no harm", async () => {
    await using served = await start({
      authenticate: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { id: "ann", isAdmin: false };
      },
    });
    for (let index = 0; index < 5; index++) {
      const { socket } = openRaw(served.port, handshake("/echo/x"));
      socket.once("connect", () => setTimeout(() => socket.resetAndDestroy(), 10));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/echo/x`);
    await new Promise((resolve) => socket.once("open", resolve));
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });

  test("what no route has goes to the fallback", async () => {
    const seen: string[] = [];
    await using served = await start({
      fallback: {
        handle: () => false,
        upgrade: (request, socket) => {
          seen.push(request.url ?? "");
          socket.end("HTTP/1.1 418 Teapot\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
          return true;
        },
        ready: () => true,
        close: () => Promise.resolve(),
      },
    });
    expect(statusOf(await exchangeRaw(served.port, handshake("/hmr?x=1")))).toBe(418);
    expect(seen).toEqual(["/hmr?x=1"]);
  });

  test("closing says goodbye with 1001", async () => {
    const served = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/own`);
    await new Promise((resolve) => socket.once("open", resolve));
    const code = closed(socket);
    await Promise.all([served.server.close(), until(() => served.server.draining.aborted)]);
    expect(await code).toBe(1001);
    await served[Symbol.asyncDispose]();
  });
});
