import { once } from "node:events";
import { stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  eventsOf,
  frames,
  gate,
  H,
  IN,
  json,
  liveFrames,
  next,
  open,
  post,
  serve,
  type Frame,
} from "./support/index.js";

const STREAM = { ...IN, stream: true };

describe("close() while a stream runs", () => {
  test("B55 refuses new work, answers probes, lets the stream end, then frees the port", async () => {
    const finish = gate();
    const agent = stream(async function* running() {
      yield DELTA;
      await finish.opened;
      yield DELTA;
    });
    await using served = await serve({ agents: [agent, H] });
    expect((await fetch(`${served.url}/readyz`)).status).toBe(200);
    const live = liveFrames(await post(`${served.url}/invocations`, STREAM));
    const read: Frame[] = [await next(live)];

    const closed = served.server.close({ graceMs: 30_000 });
    expect(served.server.draining.aborted).toBe(true);
    for (const path of ["/invocations", "/responses"]) {
      const refused = await post(`${served.url}${path}`, IN, { connection: "close" });
      expect(refused.status).toBe(503);
      expect((await json(refused))["detail"]).toEqual(expect.any(String));
    }
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
    expect((await fetch(`${served.url}/livez`)).status).toBe(200);
    expect((await fetch(`${served.url}/readyz`)).status).toBe(503);

    finish.open();
    for await (const frame of live) read.push(frame);
    expect(eventsOf(read)).toEqual([DELTA, DELTA]);
    await closed;
    await expect(open(served.port)).rejects.toThrow("ECONNREFUSED");
  });

  test("B55 ends a stream that outlasts the grace with [DONE]", async () => {
    let reason: unknown;
    const agent = stream(async function* endless(_request, { signal }) {
      yield DELTA;
      await once(signal, "abort");
      reason = signal.reason;
    });
    await using served = await serve({ agents: agent });
    const live = liveFrames(await post(`${served.url}/invocations`, STREAM));
    const read: Frame[] = [await next(live)];
    const closed = served.server.close({ graceMs: 100 });
    for await (const frame of live) read.push(frame);
    expect(eventsOf(read)).toEqual([DELTA, { error: expect.any(String) }]);
    await closed;
    expect(reason).toMatchObject({ code: "shutting_down" });
    await expect(open(served.port)).rejects.toThrow("ECONNREFUSED");
  });

  test("B55 ends a stream whose author does not react at all", async () => {
    const agent = stream(async function* deaf() {
      yield DELTA;
      await new Promise<never>(() => {});
    });
    await using served = await serve({ agents: agent });
    const live = liveFrames(await post(`${served.url}/invocations`, STREAM));
    const read: Frame[] = [await next(live)];
    const closed = served.server.close({ graceMs: 100 });
    for await (const frame of live) read.push(frame);
    expect(read.at(-1)?.data).toBe("[DONE]");
    await closed;
  });

  test("B55 the handler hears of it at once", async () => {
    const agent = stream(async function* polite(_request, { draining }) {
      yield DELTA;
      if (!draining.aborted) await once(draining, "abort");
      yield { type: "custom", why: "draining" };
    });
    await using served = await serve({ agents: agent });
    const response = await post(`${served.url}/invocations`, STREAM);
    const all = frames(response);
    await served.server.close({ graceMs: 30_000 });
    expect(eventsOf(await all)).toEqual([DELTA, { type: "custom", why: "draining" }]);
  });
});

describe("close() of a quiet server", () => {
  test("B55 does not wait for idle connections", async () => {
    await using served = await serve({ agents: H });
    const socket = await open(served.port);
    const gone = once(socket, "close");
    socket.resume();
    expect((await post(`${served.url}/invocations`, IN)).status).toBe(200);
    const started = performance.now();
    await served.server.close({ graceMs: 30_000 });
    expect(performance.now() - started).toBeLessThan(5_000);
    await gone;
  });

  test("B55 may be called twice", async () => {
    await using served = await serve({ agents: H });
    await Promise.all([served.server.close(), served.server.close()]);
    await expect(open(served.port)).rejects.toThrow("ECONNREFUSED");
  });
});
