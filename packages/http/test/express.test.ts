import { createServer } from "node:http";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { createHttpServer, type Fallback } from "../src/index.js";
import { exchangeRaw, statusOf } from "./support/raw.js";
import { AGENT, json, route, textOf } from "./support/routes.js";
import { serve, start, stop, WAYS } from "./support/ways.js";

const express = createRequire(import.meta.url)("express") as typeof import("express");

const ROUTES = [
  route("GET /ok", AGENT, ({ path }) => json({ path })),
  route("POST /echo", AGENT, (input) => json(textOf(input))),
];

async function mount(build: (app: ReturnType<typeof express>) => void) {
  const app = express();
  build(app);
  const http = createServer(app);
  const port = await start(http);
  return { url: `http://127.0.0.1:${port}`, port, [Symbol.asyncDispose]: () => stop(http) };
}

const post = (url: string, body: string, type = "application/json") =>
  fetch(url, { method: "POST", body, headers: { "content-type": type } });

describe("the router", () => {
  test("answers under any mount path, and leaves other paths to the app", async () => {
    const server = createHttpServer({ routes: ROUTES });
    await using app = await mount((outer) => {
      outer.use("/deep/agents", server.router);
      outer.get("/deep/agents/mine", (_request, response) => void response.send("mine"));
    });
    expect(await (await fetch(`${app.url}/deep/agents/ok`)).json()).toEqual({ path: "/ok" });
    expect(await (await fetch(`${app.url}/deep/agents/mine`)).text()).toBe("mine");
    expect((await fetch(`${app.url}/ok`)).status).toBe(404);
    await server.close();
  });

  test.each([
    ["express.json()", express.json(), "application/json", '{"a": 1}', '{"a":1}'],
    ["express.text()", express.text(), "text/plain", "plain é", "plain é"],
    ["express.raw()", express.raw(), "application/octet-stream", "raw", "raw"],
  ])("takes a body that %s has read", async (_name, parser, type, body, expected) => {
    const server = createHttpServer({ routes: ROUTES, bodyLimit: 20 });
    await using app = await mount((outer) => outer.use(parser, server.router));
    expect(await (await post(`${app.url}/echo`, body, type)).json()).toBe(expected);
    const long = type === "application/json" ? `{"a":"${"x".repeat(30)}"}` : "x".repeat(30);
    expect((await post(`${app.url}/echo`, long, type)).status).toBe(413);
    await server.close();
  });

  test("a body that was read and thrown away is an error, never a wait", async () => {
    const server = createHttpServer({ routes: ROUTES });
    await using app = await mount((outer) => {
      outer.use((request, _response, next) => {
        request.resume();
        request.on("end", () => next());
      }, server.router);
    });
    expect((await post(`${app.url}/echo`, "{}")).status).toBe(500);
    await server.close();
  });

  test("keeps the headers that a middleware in front has set", async () => {
    const server = createHttpServer({ routes: ROUTES });
    await using app = await mount((outer) => {
      outer.use((_request, response, next) => {
        response.setHeader("x-front", "1");
        next();
      }, server.router);
    });
    expect((await fetch(`${app.url}/ok`)).headers.get("x-front")).toBe("1");
    await server.close();
  });
});

describe.each(["node listener", "createServer(app)"] as const)("the app, %s", (way) => {
  test("routes that its user adds answer after ours, errors and 404 are JSON", async () => {
    await using served = await serve(way, { routes: ROUTES });
    served.server.app.get("/ok", (_request, response) => void response.send("never"));
    served.server.app.get("/mine", (_request, response) => void response.send("mine"));
    served.server.app.get("/broken", () => {
      throw new Error("secret");
    });
    served.server.app.post("/parsed", express.json(), (request, response) => {
      response.json(request.body);
    });
    expect(await (await fetch(`${served.url}/ok`)).json()).toEqual({ path: "/ok" });
    const mine = await fetch(`${served.url}/mine`);
    expect(await mine.text()).toBe("mine");
    expect(mine.headers.get("x-powered-by")).toBeNull();
    expect(mine.headers.get("x-request-id")).toMatch(/^req_/);
    const broken = await fetch(`${served.url}/broken`);
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain("secret");
    expect(await (await post(`${served.url}/parsed`, '{"a":1}')).json()).toEqual({ a: 1 });
    expect((await post(`${served.url}/parsed`, "{")).status).toBe(400);
    const missing = await fetch(`${served.url}/missing`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ detail: "Not Found" });
  });
});

describe.each(WAYS.filter((way) => way !== "express().use(router)"))("%s", (way) => {
  test("B86: a path that no route has is a JSON 404", async () => {
    await using served = await serve(way, { routes: ROUTES });
    const answer = await fetch(`${served.url}/`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      detail: "Not Found",
      message: "Not Found",
      error: { message: "Not Found", code: "not_found" },
    });
  });

  test("the fallback takes what no route has, with the request id, never a foreign target", async () => {
    const seen: string[] = [];
    const fallback: Fallback = {
      handle: (request, response) => {
        if (request.url === "/left") return false;
        if (request.url === "/broken") throw new Error("secret");
        seen.push(request.url ?? "");
        response.end("fallback");
        return true;
      },
      upgrade: () => false,
      ready: () => false,
      close: () => Promise.resolve(),
    };
    await using served = await serve(way, { routes: ROUTES, fallback });
    const taken = await fetch(`${served.url}/chat?x=1`, { headers: { "x-request-id": "r1" } });
    expect(await taken.text()).toBe("fallback");
    expect(taken.headers.get("x-request-id")).toBe("r1");
    expect((await fetch(`${served.url}/ok`)).headers.get("content-type")).toBe("application/json");
    expect((await fetch(`${served.url}/echo`)).status).toBe(405);
    expect((await fetch(`${served.url}/left`)).status).toBe(404);
    expect((await fetch(`${served.url}/broken`)).status).toBe(500);
    for (const target of ["http://evil.example/chat", "*"]) {
      const answer = await exchangeRaw(
        served.port,
        `OPTIONS ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      );
      expect(statusOf(answer), target).toBe(400);
    }
    expect(seen).toEqual(["/chat?x=1"]);
    expect(served.server.ready()).toBe(false);
  });

  test("a body sent to nowhere is answered 404", async () => {
    await using served = await serve(way, { routes: ROUTES });
    expect((await post(`${served.url}/nowhere`, "x".repeat(500_000))).status).toBe(404);
  });
});
