import { createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { exchange, parseAnswer, rawGet, rawHead, serveProxied } from "./support/index.js";

/** An app that answers each connection's first bytes with these. */
async function answering(...pieces: string[]) {
  const sockets = new Set<Socket>();
  const got: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", (chunk: Buffer) => {
      got.push(chunk.toString("latin1"));
      for (const piece of pieces) {
        if (piece === "FIN") socket.end();
        else socket.write(Buffer.from(piece, "latin1"));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    got,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

test.each([
  [
    "hints before its answer",
    [
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
    200,
    "ok",
  ],
  ["an end that only the connection tells", ["HTTP/1.0 200 OK\r\n\r\nold", "FIN"], 200, "old"],
  [
    "trailers",
    [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\n\r\n",
    ],
    200,
    "ok",
  ],
  [
    "a part",
    ["HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nok"],
    206,
    "ok",
  ],
  ["a status nobody knows", ["HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok"], 299, "ok"],
  ["nothing", ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], 200, ""],
  [
    "more than it announced",
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n"],
    200,
    "ok",
  ],
] as const)("B111 B120 an app that sends %s is passed on", async (_, pieces, status, body) => {
  await using app = await answering(...pieces);
  await using served = await serveProxied(app.port);
  const answer = await fetch(`${served.url}/api/x`);
  expect(answer.status).toBe(status);
  expect(await answer.text()).toBe(body);
});

test("B107 header bytes pass both ways as they are", async () => {
  await using app = await answering(
    "HTTP/1.1 200 OK\r\nX-Own: caf\u00e9\r\nContent-Length: 0\r\n\r\n",
  );
  await using served = await serveProxied(app.port);
  const request = rawGet("/api/x", "X-Sent: na\u00efve");
  const raw = await exchange(served.port, Buffer.from(request, "latin1"));
  expect(raw.toString("latin1")).toContain("X-Own: caf\u00e9\r\n");
  expect(app.got[0]).toContain("X-Sent: na\u00efve\r\n");
});

test("B104 HEAD of what has no length ends, and its connection is used again", async () => {
  await using app = await answering(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: x\r\n\r\n",
  );
  await using served = await serveProxied(app.port);
  const head = rawHead("HEAD", "/api/x", "Connection: close");
  const answer = parseAnswer(await exchange(served.port, head));
  expect(answer.status).toBe(200);
  expect(answer.headers.get("etag")).toBe("x");
  expect(answer.body.length).toBe(0);
});

test.each([
  ["a header that is none", "HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n"],
  ["a NUL in a header", "HTTP/1.1 200 OK\r\nX: a\u0000b\r\nContent-Length: 0\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nab"],
  ["a status that is none", "HTTP/1.1 42 Odd\r\nContent-Length: 0\r\n\r\n"],
])("B115 B225 an app that sends %s is a 502", async (_, answer) => {
  await using app = await answering(answer);
  await using served = await serveProxied(app.port, { firstByteTimeoutMs: 2_000 });
  const told = await fetch(`${served.url}/api/x`);
  expect(told.status).toBe(502);
  expect(await told.text()).toMatch(/^Proxy error/);
});
