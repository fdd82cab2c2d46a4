import { describe, expect, test } from "vitest";
import { createHttpServer, type HttpServerOptions, type Route } from "../src/index.js";
import { createTestLogger } from "./support/logger.js";
import { exchangeRaw, openRaw, statusOf } from "./support/raw.js";
import { AGENT, json, PROBE, route, until } from "./support/routes.js";
import { serve, WAYS } from "./support/ways.js";

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

function build() {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const reasons: unknown[] = [];
  const routes: Route[] = [
    route("GET /health", PROBE, () => json("healthy")),
    route("GET /work", AGENT, () => json("work")),
    route("GET /cancel", { ...AGENT, whileDraining: true }, () => json("cancelled")),
    route("GET /slow", AGENT, async () => {
      await gate;
      return json("slow");
    }),
    route("GET /stream", AGENT, ({ signal }) => ({
      kind: "sse",
      frames: (async function* () {
        yield "data: 1\n\n";
        await aborted(signal);
        reasons.push((signal.reason as { code: string }).code);
        yield "data: [DONE]\n\n";
      })(),
    })),
    route("GET /deaf", AGENT, () => ({
      kind: "sse",
      frames: (async function* () {
        yield "data: 1\n\n";
        await new Promise(() => {});
      })(),
    })),
  ];
  return { routes, release: () => release(), reasons };
}

describe.each(WAYS)("%s", (way) => {
  const start = (routes: Route[], options: Partial<HttpServerOptions> = {}) =>
    serve(way, { routes, ...options });

  test("B55: new work is refused, probes and chosen routes are answered, running work finishes", async () => {
    const { routes, release } = build();
    await using served = await start(routes);
    const slow = fetch(`${served.url}/slow`);
    await fetch(`${served.url}/work`);
    const closing = served.server.close({ graceMs: 5_000 });
    expect(served.server.draining.aborted).toBe(true);
    expect(served.server.ready()).toBe(false);
    const refused = await fetch(`${served.url}/work`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.headers.get("connection")).toBe("close");
    expect(await refused.json()).toMatchObject({ error: { code: "shutting_down" } });
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
    expect((await fetch(`${served.url}/cancel`)).status).toBe(200);
    release();
    expect(await (await slow).json()).toBe("slow");
    const began = Date.now();
    await closing;
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  test("B55: a running stream is told shortly before the grace ends, and ends itself", async () => {
    const { routes, reasons } = build();
    await using served = await start(routes);
    const answer = await fetch(`${served.url}/stream`);
    const began = Date.now();
    const closing = served.server.close({ graceMs: 500 });
    expect(await answer.text()).toBe("data: 1\n\ndata: [DONE]\n\n");
    expect(reasons).toEqual(["shutting_down"]);
    await closing;
    expect(Date.now() - began).toBeGreaterThan(350);
  });

  test("closing twice is closing once", async () => {
    const { routes } = build();
    await using served = await start(routes);
    expect(served.server.close()).toBe(served.server.close({ graceMs: 1 }));
  });
});

describe("the listener", () => {
  const listen = async (routes: Route[], options: Partial<HttpServerOptions> = {}) => {
    const server = createHttpServer({ routes, ...options });
    return { server, ...(await server.listen({ port: 0 })) };
  };

  test("without running work it closes at once, idle connections with it", async () => {
    const { routes } = build();
    const { server, port, url } = await listen(routes);
    const { socket, received } = openRaw(port, "GET /work HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await until(() => received().includes("work"), "the answer");
    const never = openRaw(port, "GET /wo");
    await until(() => never.socket.readyState === "open", "the connection");
    const began = Date.now();
    await server.close();
    expect(Date.now() - began).toBeLessThan(1_800);
    await until(() => socket.closed && never.socket.closed, "the end of the connections");
    await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
  });

  test("what does not end is destroyed when the grace ends", async () => {
    const { routes } = build();
    const { server, port } = await listen(routes);
    const { socket, received } = openRaw(port, "GET /deaf HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await until(() => received().includes("data: 1"), "the stream");
    const began = Date.now();
    await server.close({ graceMs: 300 });
    expect(Date.now() - began).toBeLessThan(1_500);
    await until(() => socket.closed, "the end of the connection");
    expect(received()).not.toContain("0\r\n\r\n");
  });

  test("new requests to the fallback are refused while it drains, and it is closed", async () => {
    const { routes, release } = build();
    let closes = 0;
    const logger = createTestLogger();
    const { server, port, url } = await listen(routes, {
      logger,
      fallback: {
        handle: (_request, response) => {
          response.end("chat");
          return true;
        },
        upgrade: () => false,
        ready: () => true,
        close: () => {
          closes++;
          return Promise.reject(new Error("still busy"));
        },
      },
    });
    expect(await (await fetch(`${url}/chat`)).text()).toBe("chat");
    const slow = fetch(`${url}/slow`);
    await fetch(`${url}/health`);
    const closing = server.close();
    const get = "GET /chat HTTP/1.1\r\nhost: localhost\r\n\r\n";
    expect(statusOf(await exchangeRaw(port, get))).toBe(503);
    release();
    await slow;
    await closing;
    expect(closes).toBe(1);
    expect(logger.lines.map(({ message }) => message)).toEqual([
      "The fallback did not close: still busy",
    ]);
  });

  test("a client that left does not hold the drain up, though its route never ends", async () => {
    const { routes } = build();
    const { server, port } = await listen(routes);
    const { socket } = openRaw(port, "GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
    const began = Date.now();
    await server.close({ graceMs: 10_000 });
    expect(Date.now() - began).toBeLessThan(2_000);
  });
});
