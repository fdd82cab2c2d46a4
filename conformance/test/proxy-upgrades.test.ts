import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { exchange, open, parseAnswer, serveProxied, until } from "./support/index.js";

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A chat app that takes WebSockets and sends back what it gets. */
async function socketApp(onUpgrade?: OnUpgrade) {
  const upgrades: IncomingMessage[] = [];
  const sockets = new Set<Duplex>();
  const wss = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  wss.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const server = createServer((_, response) => response.end("ok"));
  server.on("connection", (socket) => sockets.add(socket));
  server.on("upgrade", (request, socket, head) => {
    upgrades.push(request);
    socket.on("error", () => {});
    if (onUpgrade !== undefined) onUpgrade(request, socket, head);
    else wss.handleUpgrade(request, socket, head, (one) => wss.emit("connection", one, request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    upgrades,
    sockets,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const handshake = (target: string, ...headers: string[]): string =>
  [
    `GET ${target} HTTP/1.1`,
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
    "",
    "",
  ].join("\r\n");

const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });

describe("WebSockets", () => {
  test("a tunnel carries protocol, text and bytes both ways, and closes from both ends", async () => {
    await using app = await socketApp();
    await using served = await serveProxied(app.port);
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/?token=x`, "vite-hmr", {
      origin: `http://127.0.0.1:${served.port}`,
      headers: { "x-forwarded-for": "6.6.6.6" },
    });
    await opened(socket);
    expect(socket.protocol).toBe("vite-hmr");
    const [seen] = app.upgrades;
    expect(seen!.url).toBe("/?token=x");
    expect(seen!.headers).toMatchObject({
      host: `localhost:${app.port}`,
      "x-forwarded-for": "127.0.0.1",
    });
    const big = Buffer.alloc(3_000_000, "b");
    const echoed = new Promise<Buffer>((resolve) => socket.once("message", resolve));
    socket.send(big);
    expect((await echoed).equals(big)).toBe(true);
    expect(served.proxy.stats()).toMatchObject({ openTunnels: 1, active: 0 });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.close(4001, "bye");
    expect(await closed).toBe(4001);
    await until("the tunnel is gone", () => served.proxy.stats().openTunnels === 0);
  });

  test("bytes ahead of the handshake's answer are not lost", async () => {
    await using app = await socketApp((_, socket, head) => {
      setTimeout(() => {
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst",
        );
        socket.write(head);
        socket.pipe(socket);
      }, 50);
    });
    await using served = await serveProxied(app.port);
    const socket = await open(served.port);
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.write(`${handshake("/api/ws")}early`);
    await sleep(20);
    socket.write("later");
    await until("all came back", () => text.endsWith("firstearlylater"));
    // One half may end while the other goes on.
    socket.end("last");
    await until("the rest came back", () => text.endsWith("last"));
    await until("it is over", () => served.proxy.stats().openTunnels === 0);
    expect(text).toMatch(/\r\n\r\nfirstearlylaterlast$/);
  });

  test("a refusal of the app's is handed on", async () => {
    await using app = await socketApp((_, socket) => {
      socket.end(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno",
      );
    });
    await using served = await serveProxied(app.port);
    const answer = parseAnswer(await exchange(served.port, handshake("/api/ws")));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe("Basic");
    expect(answer.body.toString()).toBe("no");
  });

  test("after a refusal nothing more goes to the app", async () => {
    const got: string[] = [];
    await using app = await socketApp((_, socket) => {
      socket.on("data", (chunk: Buffer) => got.push(chunk.toString()));
      socket.write("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
    });
    await using served = await serveProxied(app.port);
    const hidden = "GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const answer = await exchange(served.port, handshake("/api/ws") + hidden);
    expect(parseAnswer(answer).status).toBe(426);
    await sleep(50);
    expect(got).toEqual([]);
  });

  test.each([
    ["a path that is not allowed", "/admin", [], 404],
    ["a hidden path", "/api/%252e%252e/x", [], 400],
    ["a foreign origin", "/", ["Origin: https://evil.example"], 403],
    ["another port's origin", "/", ["Origin: http://localhost:9999"], 403],
    ["an opaque origin", "/", ["Origin: null"], 403],
    ["an origin that begins like ours", "/", ["Origin: http://localhost.evil.example"], 403],
    ["a body", "/", ["Content-Length: 5"], 400],
    ["a chunked body", "/", ["Transfer-Encoding: chunked"], 400],
  ])("%s is refused", async (_, target, headers, status) => {
    await using app = await socketApp();
    await using served = await serveProxied(app.port);
    const raw = await exchange(served.port, `${handshake(target, ...headers)}hello`);
    expect(parseAnswer(raw).status).toBe(status);
    expect(app.sockets.size).toBe(0);
  });

  test("a listed origin passes, and one that a trusted proxy vouches for", async () => {
    await using app = await socketApp();
    const allowedOrigins = ["https://app.example"];
    await using listed = await serveProxied(app.port, {}, { allowedOrigins });
    const one = new WebSocket(`ws://127.0.0.1:${listed.port}/`, { origin: allowedOrigins[0] });
    await opened(one);
    one.terminate();
    await using behind = await serveProxied(app.port, { trustedProxies: ["127.0.0.1"] });
    const two = new WebSocket(`ws://127.0.0.1:${behind.port}/`, {
      origin: "https://app.example",
      headers: { "x-forwarded-host": "app.example" },
    });
    await opened(two);
    two.terminate();
    expect(app.upgrades.map(({ headers }) => headers.origin)).toEqual([
      "https://app.example",
      "https://app.example",
    ]);
  });

  test("an app that is down is a 503, one that is silent a 504, one too many a 503", async () => {
    await using silent = await socketApp(() => {});
    await using late = await serveProxied(silent.port, { firstByteTimeoutMs: 200 });
    expect(parseAnswer(await exchange(late.port, handshake("/"))).status).toBe(504);
    const gone = await socketApp();
    await gone[Symbol.asyncDispose]();
    await using down = await serveProxied(gone.port);
    expect(parseAnswer(await exchange(down.port, handshake("/"))).status).toBe(503);
    await using app = await socketApp();
    await using full = await serveProxied(app.port, { maxTunnels: 1 });
    const socket = new WebSocket(`ws://127.0.0.1:${full.port}/`);
    await opened(socket);
    expect(parseAnswer(await exchange(full.port, handshake("/"))).status).toBe(503);
    socket.terminate();
  });

  test("either side's death is the other's, before and after the handshake", async () => {
    await using silent = await socketApp(() => {});
    await using early = await serveProxied(silent.port);
    const client = await open(early.port);
    client.write(handshake("/"));
    await until("the app was asked", () => silent.upgrades.length === 1);
    client.destroy();
    await until("the app sees it", () =>
      [...silent.sockets].every((one) => one.destroyed || one.readableEnded || !one.readable),
    );
    await until("it is over", () => early.proxy.stats().active === 0);
    expect(early.proxy.stats()).toMatchObject({ openTunnels: 0, aborted: 1 });

    await using app = await socketApp();
    await using served = await serveProxied(app.port);
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/`);
    await opened(socket);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    for (const one of app.sockets) one.destroy();
    expect(await closed).toBe(1006);
  });

  test("an idle tunnel ends, and closing the server ends the others", async () => {
    await using app = await socketApp();
    await using idle = await serveProxied(app.port, { tunnelIdleTimeoutMs: 100 });
    const one = new WebSocket(`ws://127.0.0.1:${idle.port}/`);
    await opened(one);
    expect(await new Promise((resolve) => one.once("close", resolve))).toBe(1006);
    const served = await serveProxied(app.port);
    const two = new WebSocket(`ws://127.0.0.1:${served.port}/`);
    await opened(two);
    const closed = new Promise((resolve) => two.once("close", resolve));
    await served[Symbol.asyncDispose]();
    await closed;
  });
});
