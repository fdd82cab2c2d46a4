import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { createHttpServer, type HttpServerOptions } from "../src/index.js";
import { exchangeRaw, jsonOf, openRaw, statusOf } from "./support/raw.js";
import { AGENT, json, route, textOf, until } from "./support/routes.js";

let calls = 0;
const ROUTES = [
  route("POST /echo", AGENT, (input) => {
    calls++;
    return json(textOf(input));
  }),
  route("GET /ok", AGENT, () => json("ok")),
  route("GET /slow", AGENT, async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return json("slow");
  }),
  route("GET /stream", AGENT, ({ signal }) => ({
    kind: "sse",
    frames: (async function* () {
      yield "data: 1\n\n";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    })(),
  })),
];

const start = async (options: Partial<HttpServerOptions> = {}) => {
  const server = createHttpServer({ routes: ROUTES, bodyLimit: 1_000, ...options });
  const { port, url } = await server.listen({ port: 0 });
  return { server, port, url, [Symbol.asyncDispose]: () => server.close({ graceMs: 0 }) };
};

describe("hostile requests", () => {
  test.each([
    [
      "B225: Content-Length and Transfer-Encoding",
      "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "B225: two lengths",
      "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    ],
    ["B225: an invalid header", "POST /echo HTTP/1.1\r\nhost: localhost\r\nbad header: 1\r\n\r\n"],
    [
      "B225: a space before the colon",
      "POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n",
    ],
    ["no HTTP at all", "hello\r\n\r\n"],
    [
      "a target in absolute form",
      "GET http://localhost/ok HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    ],
    [
      "a target of another host",
      "GET http://evil.example/x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    ],
    ["an asterisk", "OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"],
  ])("%s is 400 with a JSON body", async (_name, request) => {
    await using served = await start();
    const before = calls;
    const answer = await exchangeRaw(served.port, request);
    expect(statusOf(answer)).toBe(400);
    expect(jsonOf(answer).error.code).toBe("invalid_request");
    expect(answer).toContain("x-request-id: req_");
    expect(calls).toBe(before);
  });

  test("a head beyond 16 KiB is 431", async () => {
    await using served = await start();
    const answer = await exchangeRaw(
      served.port,
      `GET /ok HTTP/1.1\r\nhost: localhost\r\nx: ${"a".repeat(20_000)}\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(431);
    expect(jsonOf(answer).error.code).toBe("invalid_request");
  });

  test("a request that never arrives whole is 408, its head or its body", async () => {
    await using served = await start({ requestTimeoutMs: 100 });
    const heads = [
      "GET /ok HTTP/1.1\r\nho",
      "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nab",
    ];
    for (const head of heads) {
      const answer = await exchangeRaw(served.port, head);
      expect(statusOf(answer)).toBe(408);
      expect(jsonOf(answer).error.code).toBe("request_timeout");
    }
  });

  test("garbage behind a running stream does not write into it", async () => {
    await using served = await start();
    const get = "GET /stream HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const { socket, received } = openRaw(served.port, get);
    await until(() => received().includes("data: 1"), "the stream");
    let closed = false;
    socket.on("close", () => (closed = true));
    socket.write("garbage\r\n\r\n");
    await until(() => closed, "the end");
    expect(received().match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test("a client that leaves while it sends calls no route", async () => {
    await using served = await start();
    const before = calls;
    const { socket } = openRaw(
      served.port,
      "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nab",
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.resetAndDestroy();
    expect((await fetch(`${served.url}/ok`)).status).toBe(200);
    expect(calls).toBe(before);
  });

  test("a refused Expect: 100-continue gets the final status, and never a 100", async () => {
    await using served = await start();
    const began = Date.now();
    const answer = await exchangeRaw(
      served.port,
      "POST /echo HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 5000\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).not.toContain("100 Continue");
    expect(Date.now() - began).toBeLessThan(1_500);
  });

  test("a client that sends without end after a refusal is cut off", async () => {
    await using served = await start();
    const socket = connect(served.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900000000\r\n\r\n");
    const chunk = Buffer.alloc(65_536);
    const send = (): void => {
      while (!socket.destroyed) if (!socket.write(chunk)) break;
    };
    socket.on("drain", send);
    send();
    await until(() => socket.closed, "the end of the connection");
    expect(socket.bytesWritten).toBeLessThan(50_000_000);
  });

  test("an offer of another protocol is ignored", async () => {
    await using served = await start();
    const answer = await exchangeRaw(
      served.port,
      "GET /ok HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n",
    );
    expect(statusOf(answer)).toBe(200);
  });

  test("header names of Object's own do no harm", async () => {
    await using served = await start();
    const answer = await exchangeRaw(
      served.port,
      "GET /ok HTTP/1.1\r\nhost: localhost\r\n__proto__: 1\r\nconstructor: 2\r\nset-cookie: a\r\nset-cookie: b\r\nconnection: close\r\n\r\n",
    );
    expect(statusOf(answer)).toBe(200);
  });

  test.each([
    [
      "bytes behind a whole request",
      "GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\ngarbage\r\n\r\n",
    ],
    ["a body without a length", 'GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n{"input":"x"}'],
  ])("B225: %s end the connection after its answer", async (_name, request) => {
    await using served = await start();
    const answer = await exchangeRaw(served.port, request);
    expect(statusOf(answer)).toBe(200);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(answer).toMatch(/connection: close/i);
  });

  test("an answer that waits behind a slow one of its connection is no stalled reader's", async () => {
    await using served = await start({
      stallMs: 30,
      routes: [
        ...ROUTES,
        route("GET /slower", AGENT, async () => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          return json("slower");
        }),
        route("GET /flood", AGENT, () => ({
          kind: "sse",
          frames: (async function* () {
            for (let frame = 0; frame < 200; frame++) yield `data: ${"x".repeat(1_000)}\n\n`;
            yield "data: last\n\n";
          })(),
        })),
        route("GET /large", AGENT, () => json("x".repeat(300_000))),
      ],
    });
    const get = (path: string, more = "") =>
      `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;
    const stream = get("/slower") + get("/flood", "connection: close\r\n");
    expect(await exchangeRaw(served.port, stream)).toMatch(/data: last\n\n\r\n0\r\n\r\n$/);
    const large = get("/slower") + get("/large", "connection: close\r\n");
    expect((await exchangeRaw(served.port, large)).length).toBeGreaterThan(300_000);
  });

  test("CONNECT is refused with an answer", async () => {
    await using served = await start();
    const answer = await exchangeRaw(
      served.port,
      "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n",
    );
    expect(statusOf(answer)).toBe(400);
    expect(jsonOf(answer).error.message).toBe("This server is no proxy.");
  });

  test("an expectation that is not 100-continue is 417 with a JSON body", async () => {
    await using served = await start();
    const before = calls;
    const answer = await exchangeRaw(
      served.port,
      "POST /echo HTTP/1.1\r\nhost: localhost\r\nexpect: magic\r\ncontent-length: 2\r\n\r\nhi",
    );
    expect(statusOf(answer)).toBe(417);
    expect(jsonOf(answer).error.code).toBe("invalid_request");
    expect(answer).toContain("x-request-id: req_");
    expect(calls).toBe(before);
  });

  test("B225: a transfer coding before chunked is 501 and reaches no route", async () => {
    await using served = await start();
    const before = calls;
    const answer = await exchangeRaw(
      served.port,
      "POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    );
    expect(statusOf(answer)).toBe(501);
    expect(jsonOf(answer).error.code).toBe("not_implemented");
    expect(calls).toBe(before);
  });

  test("a POST that offers a WebSocket is a POST", async () => {
    await using served = await start();
    const answer = await exchangeRaw(
      served.port,
      "POST /echo HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-length: 2\r\n\r\nhiGET /ok HTTP/1.1\r\nhost: localhost\r\n\r\n",
    );
    expect(statusOf(answer)).toBe(200);
    expect(jsonOf(answer)).toBe("hi");
    expect(answer).toMatch(/connection: close/i);
  });
});
