import { AppError } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import type { HttpServerOptions, Route } from "../src/index.js";
import { createTestLogger } from "./support/logger.js";
import { exchangeRaw, jsonOf, statusOf } from "./support/raw.js";
import { AGENT, json, OWN, PROBE, route, textOf } from "./support/routes.js";
import { serve, WAYS } from "./support/ways.js";

async function* frames(...list: string[]): AsyncGenerator<string> {
  yield* list;
}

function failing(): string[] {
  throw new AppError("model_not_found");
}

const circular: Record<string, unknown> = {};
circular["self"] = circular;

const ROUTES: Route[] = [
  route("GET /health", PROBE, () => json({ status: "healthy" })),
  route("POST /invocations", { surface: "agent", errors: "detail" }, (input) =>
    json({ got: textOf(input), type: input.headers["content-type"] ?? null }),
  ),
  route("POST /responses", AGENT, (input) => json({ size: input.body.byteLength })),
  route("GET /responses/:id", AGENT, (input) =>
    json({ id: input.params["id"], path: input.path, q: input.query.get("q") }),
  ),
  route("POST /responses/compact", AGENT, () => json("compact")),
  route("GET /stream", AGENT, () => ({
    kind: "sse",
    frames: frames("data: 1\n\n", "data: 2\n\n"),
  })),
  route("GET /empty", AGENT, () => ({ kind: "empty" })),
  route("GET /text", AGENT, () => ({
    kind: "text",
    text: "héllo",
    headers: { "x-a": ["1", "2"] },
  })),
  route("GET /broken", AGENT, () => {
    throw new Error("secret /etc/path");
  }),
  route("GET /broken-detail", { surface: "agent", errors: "detail" }, () => {
    throw new AppError("rate_limit_exceeded", { headers: { "retry-after": "7" } });
  }),
  route("GET /circular", AGENT, () => json(circular)),
  route("GET /undefined", AGENT, () => json(undefined)),
  route("GET /no-reply", AGENT, () => undefined as never),
  route("GET /bad-header", AGENT, () => ({ kind: "empty", headers: { "x-a": "1\r\nx-b: 2" } })),
  route("GET /bad-error-header", AGENT, () => {
    throw new AppError("conflict", { headers: { "x-a": "1\r\nx-b: 2" } });
  }),
  route("GET /early-stream-error", AGENT, () => ({
    kind: "sse",
    frames: ReadableStream.from(
      (function* (): Generator<string> {
        yield* failing();
      })(),
    ),
  })),
  route("POST /own", OWN, (input) => json({ got: textOf(input), local: input.local })),
  route("GET /signal", AGENT, (input) => json({ aborted: input.signal.aborted, ...input.params })),
];

describe.each(WAYS)("%s", (way) => {
  const start = (options: Partial<HttpServerOptions> = {}) =>
    serve(way, { routes: ROUTES, bodyLimit: 1_000, ...options });

  test("a JSON answer is one body with length, type and request id, and no ETag", async () => {
    await using served = await start();
    const answer = await fetch(`${served.url}/health`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "healthy" });
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("content-length")).toBe("20");
    expect(answer.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{24}$/);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("etag")).toBeNull();
  });

  test("a harmless x-request-id is kept, another one is replaced", async () => {
    await using served = await start();
    const ask = async (id: string): Promise<string | null> =>
      (await fetch(`${served.url}/health`, { headers: { "x-request-id": id } })).headers.get(
        "x-request-id",
      );
    expect(await ask("my.id-1_A")).toBe("my.id-1_A");
    expect(await ask("a b")).toMatch(/^req_/);
    expect(await ask("a".repeat(129))).toMatch(/^req_/);
  });

  test("B52: HEAD answers as GET does, without the body; on a stream it ends at once", async () => {
    await using served = await start();
    const health = await fetch(`${served.url}/health`, { method: "HEAD" });
    expect(health.status).toBe(200);
    expect(health.headers.get("content-length")).toBe("20");
    expect(await health.text()).toBe("");
    const stream = await fetch(`${served.url}/stream`, { method: "HEAD" });
    expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await stream.text()).toBe("");
  });

  test("B51: a known path with another method is 405 with Allow", async () => {
    await using served = await start();
    const get = await fetch(`${served.url}/invocations`);
    expect(get.status).toBe(405);
    expect(get.headers.get("allow")).toBe("POST");
    expect(await get.json()).toEqual({
      detail: "Method Not Allowed",
      message: "Method Not Allowed",
    });
    const post = await fetch(`${served.url}/health`, { method: "POST", body: "x" });
    expect(post.status).toBe(405);
    expect(post.headers.get("allow")).toBe("GET, HEAD");
    expect(await post.json()).toMatchObject({ error: { code: "method_not_allowed" } });
  });

  test("parameters are decoded, and a broken escape is 400", async () => {
    await using served = await start();
    const good = await fetch(`${served.url}/responses/a%20b%2Fc?q=%C3%A9`);
    expect(await good.json()).toEqual({ id: "a b/c", path: "/responses/a%20b%2Fc", q: "é" });
    const bad = await fetch(`${served.url}/responses/%E0%A4%A`);
    expect(bad.status).toBe(400);
    expect(await bad.json()).toMatchObject({ error: { code: "invalid_request" } });
  });

  test("a literal segment wins over a parameter, per method", async () => {
    await using served = await start();
    const post = await fetch(`${served.url}/responses/compact`, { method: "POST" });
    expect(await post.json()).toBe("compact");
    const get = await fetch(`${served.url}/responses/compact`);
    expect(await get.json()).toMatchObject({ id: "compact" });
  });

  test("one slash at the end is tolerated, two are not", async () => {
    await using served = await start();
    expect((await fetch(`${served.url}/health/`)).status).toBe(200);
    expect((await fetch(`${served.url}/health//`)).status).toBe(404);
  });

  test("routes answer under the static prefix and at the root", async () => {
    await using served = await start({ staticPrefix: "/api" });
    expect((await fetch(`${served.url}/api/health`)).status).toBe(200);
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
    expect(await (await fetch(`${served.url}/api/responses/1`)).json()).toMatchObject({
      path: "/responses/1",
    });
    expect((await fetch(`${served.url}/apihealth`)).status).toBe(404);
  });

  test("B8: the agent's body passes with any content type, bytes as they are", async () => {
    await using served = await start();
    const answer = await fetch(`${served.url}/invocations`, { method: "POST", body: "{ é }" });
    expect(await answer.json()).toEqual({ got: "{ é }", type: "text/plain;charset=UTF-8" });
  });

  test("a body in many chunks arrives whole", async () => {
    await using served = await start();
    const body = ReadableStream.from(["a", "b", "c"].map((text) => new TextEncoder().encode(text)));
    const answer = await fetch(`${served.url}/invocations`, {
      method: "POST",
      body,
      duplex: "half",
    });
    expect(await answer.json()).toMatchObject({ got: "abc" });
  });

  test("B53: a body over the limit is 413 by its length and while it streams, naming the limit", async () => {
    await using served = await start();
    const announced = await fetch(`${served.url}/responses`, {
      method: "POST",
      body: "x".repeat(1_001),
    });
    expect(announced.status).toBe(413);
    const error = (await announced.json()) as { detail: string; error: { code: string } };
    expect(error.error.code).toBe("payload_too_large");
    expect(error.detail).toContain("1000 bytes");
    const chunked =
      "POST /responses HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n" +
      `3e9\r\n${"x".repeat(1_001)}\r\n0\r\n\r\n`;
    const streamed = await exchangeRaw(served.port, chunked);
    expect(statusOf(streamed)).toBe(413);
    expect(streamed.toLowerCase()).toContain("connection: close");
    const fits = await fetch(`${served.url}/responses`, {
      method: "POST",
      body: "x".repeat(1_000),
    });
    expect(await fits.json()).toEqual({ size: 1_000 });
  });

  test("a client that goes on sending a refused body still reads the answer", async () => {
    await using served = await start();
    const head = `POST /responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900000\r\n\r\n`;
    const answer = await exchangeRaw(served.port, head + "x".repeat(900_000));
    expect(statusOf(answer)).toBe(413);
    expect(jsonOf(answer).error.code).toBe("payload_too_large");
  });

  test("a compressed body is 415", async () => {
    await using served = await start();
    const answer = await fetch(`${served.url}/responses`, {
      method: "POST",
      body: "x",
      headers: { "content-encoding": "gzip" },
    });
    expect(answer.status).toBe(415);
  });

  test("own routes take JSON only", async () => {
    await using served = await start();
    const post = (type: string) =>
      fetch(`${served.url}/own`, { method: "POST", body: "{}", headers: { "content-type": type } });
    expect((await post("text/plain")).status).toBe(415);
    expect((await post("application/jsonp")).status).toBe(415);
    expect((await post("application/x-www-form-urlencoded")).status).toBe(415);
    const good = await post("application/json; charset=utf-8");
    expect(await good.json()).toEqual({ got: "{}", local: true });
  });

  test("Expect: 100-continue is answered and the body read", async () => {
    await using served = await start();
    const answer = await exchangeRaw(
      served.port,
      "POST /responses HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n" +
        "content-length: 3\r\nconnection: close\r\n\r\nabc",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n/);
    expect(answer).toContain('{"size":3}');
  });

  test("a stream is sent frame by frame with its headers", async () => {
    await using served = await start();
    const answer = await fetch(`${served.url}/stream`);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    expect(answer.headers.get("x-accel-buffering")).toBe("no");
    expect(await answer.text()).toBe("data: 1\n\ndata: 2\n\n");
  });

  test("empty and text replies, headers sent several times", async () => {
    await using served = await start();
    const empty = await fetch(`${served.url}/empty`);
    expect(empty.status).toBe(204);
    expect(empty.headers.get("content-length")).toBeNull();
    const text = await fetch(`${served.url}/text`);
    expect(await text.text()).toBe("héllo");
    expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(text.headers.get("x-a")).toBe("1, 2");
  });

  test("B26: an unexpected error is hidden, and logged with its cause and request id", async () => {
    const logger = createTestLogger();
    await using served = await start({ logger });
    const answer = await fetch(`${served.url}/broken`, { headers: { "x-request-id": "r1" } });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({
      detail: "Internal server error (request r1)",
      error: { code: "internal_error" },
    });
    const line = logger.lines.find(({ level }) => level === "error");
    expect(line?.fields["requestId"]).toBe("r1");
    expect(line?.fields["err"]).toMatchObject({ message: "secret /etc/path" });
  });

  test("under exposeErrors its text is shown", async () => {
    await using served = await start({ exposeErrors: true });
    const answer = await fetch(`${served.url}/broken`);
    expect(await answer.json()).toMatchObject({ detail: "secret /etc/path" });
  });

  test("an error thrown on purpose brings its status, form and headers", async () => {
    await using served = await start();
    const answer = await fetch(`${served.url}/broken-detail`);
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(Object.keys((await answer.json()) as object)).toEqual(["detail", "message"]);
  });

  test.each(["/circular", "/undefined", "/no-reply", "/bad-header", "/bad-error-header"])(
    "%s: an answer that cannot be sent is a hidden 500, and logged",
    async (path) => {
      const logger = createTestLogger();
      await using served = await start({ logger });
      const answer = await fetch(served.url + path);
      expect(answer.status).toBe(500);
      expect(answer.headers.get("x-b")).toBeNull();
      expect(await answer.json()).toMatchObject({ error: { code: "internal_error" } });
      expect(logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
    },
  );

  test("a stream that fails before its first frame is answered as an error", async () => {
    await using served = await start();
    const answer = await fetch(`${served.url}/early-stream-error`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: "model_not_found" } });
  });

  test("more headers than are looked at are refused, not dropped", async () => {
    await using served = await start();
    const many = Array.from({ length: 300 }, (_, index) => `x-${index}: 1\r\n`).join("");
    const answer = await exchangeRaw(
      served.port,
      `GET /responses/1 HTTP/1.1\r\nhost: localhost\r\n${many}connection: close\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(431);
  });

  test("a target in absolute form is 400 where its path is a route's", async () => {
    await using served = await start();
    const answer = await exchangeRaw(
      served.port,
      "GET http://localhost/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    );
    expect(statusOf(answer)).toBe(400);
  });

  test("a kept connection serves one request after the other", async () => {
    await using served = await start();
    const one = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const last = "GET /stream HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    const answer = await exchangeRaw(served.port, one + one + last);
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });
});
