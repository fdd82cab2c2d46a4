import { createServer as createTcpServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  chatApp,
  exchange,
  open,
  parseAnswer,
  rawGet,
  rawHead,
  serveProxied,
  until,
} from "./support/index.js";

/** A program on a port that speaks no HTTP but what the test says. */
async function rawApp(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Sends a raw request; collects until the server ends the connection, and tells how it ended. */
async function watch(port: number, request: string) {
  const socket = await open(port);
  const state = { text: "", ended: false, closed: false, error: undefined as string | undefined };
  socket.on("data", (chunk: Buffer) => (state.text += chunk.toString("latin1")));
  socket.on("end", () => (state.ended = true));
  socket.on("error", (error: NodeJS.ErrnoException) => (state.error = error.code));
  socket.on("close", () => (state.closed = true));
  socket.write(request);
  return { socket, state };
}

describe("streams", () => {
  test("B109 a gzip answer with its length passes byte for byte", async () => {
    const packed = gzipSync("hello ".repeat(1000));
    await using app = await chatApp((_, response) => {
      response.writeHead(200, {
        "content-encoding": "gzip",
        "content-length": packed.length,
        "content-type": "text/plain",
      });
      response.end(packed);
    });
    await using served = await serveProxied(app.port);
    const raw = parseAnswer(await exchange(served.port, rawGet("/api/x", "Accept-Encoding: gzip")));
    expect(raw.headers.get("content-length")).toBe(String(packed.length));
    expect(raw.headers.get("content-encoding")).toBe("gzip");
    expect(raw.body.equals(packed)).toBe(true);
    expect(await (await fetch(`${served.url}/api/x`)).text()).toBe("hello ".repeat(1000));
  });

  test("B110 gzip events pass with their encoding", async () => {
    const packed = gzipSync("data: 1\n\ndata: 2\n\n");
    await using app = await chatApp((_, response) => {
      response.writeHead(200, {
        "content-encoding": "gzip",
        "content-type": "text/event-stream",
      });
      response.write(packed.subarray(0, 10));
      setTimeout(() => response.end(packed.subarray(10)), 30);
    });
    await using served = await serveProxied(app.port);
    const raw = parseAnswer(
      await exchange(served.port, "GET /api/x HTTP/1.0\r\nHost: localhost\r\n\r\n"),
    );
    expect(raw.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(raw.body).toString()).toBe("data: 1\n\ndata: 2\n\n");
  });

  test.each([200, 500])(
    "B111 events of a %i arrive as they are sent, the head before the first",
    async (status) => {
      let go: (text: string) => void = () => {};
      await using app = await chatApp((_, response) => {
        response.writeHead(status, { "content-type": "text/event-stream", "x-own": "1" });
        response.flushHeaders();
        go = (text) => (text === "" ? response.end() : response.write(text));
      });
      await using served = await serveProxied(app.port);
      const answer = await fetch(`${served.url}/api/x`);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("x-own")).toBe("1");
      const reader = answer.body!.getReader();
      go("data: 1\n\n");
      expect(Buffer.from((await reader.read()).value).toString()).toBe("data: 1\n\n");
      go("data: 2\n\n");
      expect(Buffer.from((await reader.read()).value).toString()).toBe("data: 2\n\n");
      go("");
      expect((await reader.read()).done).toBe(true);
    },
  );

  test("B112 lines and downloads stream, and memory does not grow with them", async () => {
    const chunk = Buffer.alloc(65_536, "x");
    const total = 200 * 1024 * 1024;
    await using app = await chatApp((request, response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      if (request.url === "/api/lines") {
        response.write("{}\n");
        return;
      }
      let sent = 0;
      const more = (): void => {
        while (sent < total) {
          sent += chunk.length;
          if (!response.write(chunk)) return;
        }
        response.end();
      };
      response.on("drain", more);
      more();
    });
    await using served = await serveProxied(app.port);
    const began = performance.now();
    const lines = await fetch(`${served.url}/api/lines`);
    const { value } = await lines.body!.getReader().read();
    expect(Buffer.from(value).toString()).toBe("{}\n");
    expect(performance.now() - began).toBeLessThan(300);

    // A client that reads nothing for a while: the app must wait, not the proxy's memory grow.
    const socket = await open(served.port);
    socket.pause();
    socket.write(rawHead("GET", "/api/file", "Connection: close"));
    await sleep(300);
    const before = process.memoryUsage().rss;
    let got = 0;
    let most = 0;
    socket.on("data", (part: Buffer) => {
      got += part.length;
      most = Math.max(most, process.memoryUsage().rss);
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await closed;
    expect(got).toBeGreaterThan(total);
    expect((most - before) / 1024 / 1024).toBeLessThan(150);
  }, 60_000);

  test("B112 a client that does not read holds the app back", async () => {
    let written = 0;
    const chunk = Buffer.alloc(65_536, "x");
    await using app = await chatApp((_, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      const more = (): void => {
        while (!response.destroyed && written < 500 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on("drain", more);
      more();
    });
    await using served = await serveProxied(app.port);
    const socket = await open(served.port);
    socket.pause();
    socket.write(rawGet("/api/file"));
    await until("the app has begun", () => written > 0);
    let last = -1;
    await until("the app waits", async () => {
      const same = written === last;
      last = written;
      await sleep(200);
      return same;
    });
    // What both kernels' buffers hold, and no more.
    expect(written).toBeLessThan(40 * 1024 * 1024);
    socket.destroy();
    await until("the app sees it", () => app.seen[0]!.closed);
  });

  test("B113 a client that leaves a stream closes the app's connection", async () => {
    await using app = await chatApp((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
    });
    await using served = await serveProxied(app.port);
    const { socket, state } = await watch(served.port, rawGet("/api/x"));
    await until("the first event", () => state.text.includes("data: 1"));
    socket.destroy();
    await until("the app sees it", () => app.seen[0]!.closed, 1_000);
    expect(served.proxy.stats()).toMatchObject({ active: 0, aborted: 1 });
  });

  test("B113 a client that leaves before the answer, or within its upload, closes it too", async () => {
    await using app = await chatApp(() => {});
    await using served = await serveProxied(app.port);
    const early = await watch(served.port, rawGet("/api/x"));
    await until("the app was asked", () => app.seen.length === 1);
    early.socket.destroy();
    await until("the app sees it", () => app.seen[0]!.closed, 1_000);
    const upload = await watch(
      served.port,
      `${rawHead("POST", "/api/x", "Content-Length: 100")}part`,
    );
    await until("the app was asked", () => app.seen[1]?.body === "part");
    upload.socket.destroy();
    await until("the app sees it", () => app.seen[1]!.closed, 1_000);
    expect(served.proxy.stats()).toMatchObject({ active: 0, aborted: 2 });
  });

  test("B118 silent events outlast both time-outs; another body does not", async () => {
    await using app = await chatApp((request, response) => {
      const type = request.url === "/api/events" ? "text/event-stream" : "text/plain";
      response.writeHead(200, { "content-type": type });
      response.write("data: 1\n\n");
      if (request.url === "/api/events") setTimeout(() => response.end("data: 2\n\n"), 900);
    });
    await using served = await serveProxied(app.port, {
      firstByteTimeoutMs: 200,
      idleTimeoutMs: 200,
    });
    expect(await (await fetch(`${served.url}/api/events`)).text()).toBe("data: 1\n\ndata: 2\n\n");
    const broken = await fetch(`${served.url}/api/other`);
    await expect(broken.text()).rejects.toThrow("terminated");
  });

  test("many streams at once do not keep each other or other requests waiting", async () => {
    await using app = await chatApp((request, response) => {
      if (request.url === "/api/quick") {
        response.end("quick");
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
    });
    await using served = await serveProxied(app.port);
    const streams = await Promise.all(
      Array.from({ length: 300 }, () => watch(served.port, rawGet("/api/x"))),
    );
    await until("all have their event", () =>
      streams.every(({ state }) => state.text.includes("data: 1")),
    );
    expect(await (await fetch(`${served.url}/api/quick`)).text()).toBe("quick");
    expect(served.proxy.stats().active).toBe(300);
    for (const { socket } of streams) socket.destroy();
    await until("all are gone", () => served.proxy.stats().active === 0);
  });
});

describe("failures", () => {
  test("B114 an app that is down is a 503", async () => {
    const app = await chatApp();
    await app.stop();
    await using served = await serveProxied(app.port);
    const answer = await fetch(`${served.url}/api/x`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await answer.text()).toBe("Service unavailable");
    const upload = await fetch(`${served.url}/api/x`, {
      method: "POST",
      body: "x".repeat(300_000),
    });
    expect(upload.status).toBe(503);
  });

  test.each([
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
    ["closes", (socket: Socket) => socket.end()],
    ["speaks no HTTP", (socket: Socket) => socket.end("SSH-2.0-x\r\n")],
    ["breaks off in the head", (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\nContent-")],
    [
      "tells two lengths",
      (socket: Socket) =>
        socket.end(
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
    ],
    [
      "switches protocols unasked",
      (socket: Socket) =>
        socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    ],
    [
      "has an endless head",
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(200_000)}`),
    ],
  ])("B115 B116 an app that %s is a 502 that tells nothing", async (_, act) => {
    let connections = 0;
    await using app = await rawApp((socket) => {
      connections++;
      socket.once("data", () => act(socket));
    });
    await using served = await serveProxied(app.port, { firstByteTimeoutMs: 2_000 });
    const answer = await fetch(`${served.url}/api/x`);
    expect(answer.status).toBe(502);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
    const text = await answer.text();
    expect(text).toMatch(/^Proxy error/);
    expect(text).not.toMatch(/127\.0|localhost|::1|\d{4,}|ECONN|Error:|\bat\b/);
    // A fresh connection's failure is the app's own: it is not asked twice.
    expect(connections).toBe(1);
  });

  test("B117 an app that never answers is a 504 with a text", async () => {
    await using app = await chatApp(() => {});
    await using served = await serveProxied(app.port, { firstByteTimeoutMs: 300 });
    const began = performance.now();
    const answer = await fetch(`${served.url}/api/x`);
    expect(answer.status).toBe(504);
    expect(await answer.text()).not.toBe("");
    expect(performance.now() - began).toBeLessThan(2_000);
    await until("the app is let go", () => app.seen[0]!.closed);
    const post = await fetch(`${served.url}/api/x`, { method: "POST", body: "x" });
    expect(post.status).toBe(504);
  });

  test.each(["HTTP/1.1", "HTTP/1.0"])(
    "B115 an app that dies within its answer is never a clean end (%s client)",
    async (version) => {
      await using app = await chatApp((request, response) => {
        if (request.url === "/api/length") response.setHeader("content-length", 100);
        response.write("begin");
        setTimeout(() => response.socket!.destroy(), 50);
      });
      await using served = await serveProxied(app.port);
      for (const path of ["/api/chunked", "/api/length"]) {
        const { state } = await watch(
          served.port,
          `GET ${path} ${version}\r\nHost: localhost\r\n\r\n`,
        );
        await until("the connection ends", () => state.closed);
        const isCut = path === "/api/length" || version === "HTTP/1.1";
        expect(state.text.includes("\r\n0\r\n\r\n")).toBe(false);
        expect(isCut ? state.text.slice(-7).includes("begin") : state.error === "ECONNRESET").toBe(
          true,
        );
      }
    },
  );

  test("an app that answers early without reading is heard, and its answer arrives", async () => {
    await using app = await rawApp((socket) => {
      socket.once("data", () => {
        socket.write(
          "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge",
        );
        setTimeout(() => socket.destroy(), 5);
      });
    });
    await using served = await serveProxied(app.port);
    const statuses: number[] = [];
    for (let count = 0; count < 12; count++) {
      const { socket, state } = await watch(
        served.port,
        rawHead("POST", "/api/x", "Content-Length: 5000000", "Connection: close"),
      );
      socket.write(Buffer.alloc(5_000_000, "x"));
      await until("an answer", () => state.closed);
      statuses.push(Number(state.text.slice(9, 12)));
    }
    expect(statuses.filter((status) => status === 413).length).toBeGreaterThanOrEqual(11);
  }, 30_000);

  test("a request on a kept connection that the app has closed goes out again, once", async () => {
    let connections = 0;
    await using app = await rawApp((socket) => {
      connections++;
      socket.on("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        // The next one on this connection meets a closed one.
        socket.removeAllListeners("data");
        socket.once("data", () => socket.resetAndDestroy());
      });
    });
    await using served = await serveProxied(app.port);
    expect(await (await fetch(`${served.url}/api/x`)).text()).toBe("ok");
    expect(await (await fetch(`${served.url}/api/x`)).text()).toBe("ok");
    expect(connections).toBe(2);
    expect(served.proxy.stats().retries).toBe(1);
    // A POST may have been done already: it is not sent twice.
    expect((await fetch(`${served.url}/api/x`, { method: "POST", body: "x" })).status).toBe(502);
    expect(connections).toBe(2);
  });

  test("an app on ::1 is found, and remembered", async () => {
    const app = await chatApp(undefined, "::1").catch(() => undefined);
    // A machine without IPv6 has no such app.
    if (app === undefined) return;
    await using served = await serveProxied(app.port);
    expect(await (await fetch(`${served.url}/api/x`)).text()).toBe("ok");
    expect(await (await fetch(`${served.url}/api/x`, { method: "POST", body: "1" })).text()).toBe(
      "ok",
    );
    await app.stop();
  });
});
