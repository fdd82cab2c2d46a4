import { describe, expect, test } from "vitest";
import type { HttpServerOptions, SseReply } from "../src/index.js";
import { createTestLogger } from "./support/logger.js";
import { openRaw } from "./support/raw.js";
import { AGENT, json, route, until } from "./support/routes.js";
import { serve, WAYS } from "./support/ways.js";

const GET = "GET /stream HTTP/1.1\r\nhost: localhost\r\n\r\n";

describe.each(WAYS)("%s", (way) => {
  const start = (
    frames: (signal: AbortSignal) => AsyncIterable<string>,
    options: Partial<HttpServerOptions> & Pick<SseReply, "pingMs"> = {},
  ) =>
    serve(way, {
      ...options,
      routes: [
        route("GET /stream", AGENT, ({ signal }) => ({
          kind: "sse",
          frames: frames(signal),
          pingMs: options.pingMs,
        })),
        route("GET /ok", AGENT, () => json("ok")),
      ],
    });

  test("headers arrive before a late first frame", async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    await using served = await start(async function* () {
      await gate;
      yield "data: late\n\n";
    });
    const answer = await fetch(`${served.url}/stream`);
    expect(answer.status).toBe(200);
    release();
    expect(await answer.text()).toBe("data: late\n\n");
  });

  test("a silent stream is kept open by pings", async () => {
    await using served = await start(
      async function* (signal) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield "";
      },
      { pingMs: 20 },
    );
    const { socket, received } = openRaw(served.port, GET);
    await until(() => received().split(": ping\n\n").length > 3, "three pings");
    expect(received()).not.toContain("data:");
    socket.destroy();
  });

  test("a client that leaves aborts the signal and returns the source", async () => {
    let reason: unknown;
    let returned = false;
    await using served = await start(async function* (signal) {
      try {
        yield "data: 1\n\n";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        reason = signal.reason;
        yield "data: 2\n\n";
      } finally {
        returned = true;
      }
    });
    const { socket, received } = openRaw(served.port, GET);
    await until(() => received().includes("data: 1"), "the first frame");
    socket.destroy();
    await until(() => returned, "the source's finally");
    expect(reason).toMatchObject({ code: "client_disconnected" });
  });

  test("a source that does not look at the signal is returned too", async () => {
    let returned = 0;
    await using served = await start(() => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => {
          returned++;
          return Promise.reject(new Error("clean-up failed"));
        },
      }),
    }));
    const { socket, received } = openRaw(served.port, GET);
    await until(() => received().includes("event-stream"), "the headers");
    socket.destroy();
    await until(() => returned > 0, "return()");
    expect(returned).toBe(1);
  });

  test("a source that fails after its first frame never looks like a whole stream, and is logged", async () => {
    const logger = createTestLogger();
    await using served = await start(
      async function* () {
        yield "data: 1\n\n";
        throw new Error("broke in the middle");
      },
      { logger },
    );
    const answer = await fetch(`${served.url}/stream`);
    await expect(answer.text()).rejects.toThrow("terminated");
    const line = logger.lines.find(({ level }) => level === "error");
    expect(line?.fields["err"]).toMatchObject({ message: "broke in the middle" });
  });

  test("a source whose return() throws, and one that yields no text, do no harm", async () => {
    let returned = 0;
    await using served = await start(() => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false as const, value: 1 as never }),
        return: () => {
          returned++;
          throw new Error("clean-up failed");
        },
      }),
    }));
    const { socket } = openRaw(served.port, GET);
    await until(() => socket.closed, "the end of the connection");
    await until(() => returned > 0, "return()");
    expect((await fetch(`${served.url}/ok`)).status).toBe(200);
  });

  test("B226: a reader that stalls is let go of, with few frames held for it, and others go on", async () => {
    let made = 0;
    let returned = false;
    const frame = `data: ${"x".repeat(100_000)}\n\n`;
    await using served = await start(
      async function* () {
        try {
          for (;;) {
            made++;
            yield frame;
          }
        } finally {
          returned = true;
        }
      },
      { stallMs: 200 },
    );
    const { socket } = openRaw(served.port, GET);
    socket.pause();
    await until(() => made > 3, "some frames");
    expect(await (await fetch(`${served.url}/ok`)).json()).toBe("ok");
    await until(() => returned, "the end of the stalled reader");
    // What the kernel's two socket buffers take, and little more.
    expect(made).toBeLessThan(200);
    socket.destroy();
  });

  test("a slow reader that makes progress keeps its stream and gets all of it", async () => {
    const total = 200;
    const frame = `data: ${"x".repeat(50_000)}\n\n`;
    await using served = await start(
      async function* () {
        for (let index = 0; index < total; index++) yield frame;
        yield "data: [DONE]\n\n";
      },
      { stallMs: 1_000 },
    );
    const answer = await fetch(`${served.url}/stream`);
    let length = 0;
    for await (const chunk of answer.body!) {
      length += (chunk as Uint8Array).byteLength;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(length).toBe(total * frame.length + "data: [DONE]\n\n".length);
  });
});

/** Reads what a socket gets, a million bytes in 25 ms at most, and gives their number at its end. */
async function readSlowly(port: number, path: string): Promise<number> {
  const { socket } = openRaw(port, `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
  let burst = 0;
  socket.on("data", (chunk) => {
    burst += chunk.length;
    if (burst < 1_000_000) return;
    burst = 0;
    socket.pause();
    setTimeout(() => socket.resume(), 25);
  });
  await new Promise((resolve) => socket.on("close", resolve));
  return socket.bytesRead;
}

test("a large answer reaches a reader that is slower than the stall time, in one write", async () => {
  const size = 40_000_000;
  const frame = `data: ${"x".repeat(size)}\n\n`;
  const routes = [
    route("GET /json", AGENT, () => json("x".repeat(size))),
    route("GET /sse", AGENT, () => ({
      kind: "sse",
      frames: (async function* () {
        yield frame;
        yield "data: [DONE]\n\n";
      })(),
    })),
  ];
  await using served = await serve("node listener", {
    routes,
    stallMs: 200,
    allowedHosts: ["a"],
  });
  expect(await readSlowly(served.port, "/json")).toBeGreaterThan(size);
  expect(await readSlowly(served.port, "/sse")).toBeGreaterThan(size);
});

test("a reader that never takes a large answer is let go of", async () => {
  let signal: AbortSignal | undefined;
  const routes = [
    route("GET /big", AGENT, (input) => {
      signal = input.signal;
      return json("x".repeat(30_000_000));
    }),
  ];
  await using served = await serve("node listener", { routes, stallMs: 100 });
  const { socket } = openRaw(served.port, "GET /big HTTP/1.1\r\nhost: localhost\r\n\r\n");
  socket.pause();
  await until(() => signal?.aborted === true, "the end of the connection");
  expect(socket.bytesRead).toBeLessThan(30_000_000);
  socket.destroy();
});
