import { until } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "../src/index.js";
import { clientOf, collect, thrownBy } from "./support/client-of.js";
import { lifeOf } from "./support/events.js";
import { frame, type ScriptedServer, scriptedServer, sse } from "./support/scripted-server.js";

const events = lifeOf(["a", "b"]);

/** Sends three events and then nothing more. */
const hanging = (): Promise<ScriptedServer> =>
  scriptedServer((_seen, res) => void sse(res).write(events.slice(0, 3).map(frame).join("")));

const timers = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

/** Fails where the server's side of the first request is not closed within a second. */
async function expectClosedSoon(server: ScriptedServer): Promise<void> {
  let closed = false;
  void server.seen[0]?.closed.then(() => (closed = true));
  await until(() => closed, { timeoutMs: 1_000, what: "the server's side to close" });
}

/** A signal that counts who listens. */
function countedSignal(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  let count = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (count++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (count--, remove(...args));
  return { controller, listeners: () => count };
}

describe("leaving a stream", () => {
  test("by break closes the connection and leaves no timer and no listener", async () => {
    await using server = await hanging();
    const { controller, listeners } = countedSignal();
    const before = timers();
    const stream = clientOf(server).responses.stream({ input: "x" }, { signal: controller.signal });
    for await (const event of stream) if (event.sequence_number === 1) break;
    await expectClosedSoon(server);
    expect(timers()).toBeLessThanOrEqual(before);
    expect(listeners()).toBe(0);
    expect(await thrownBy(stream.finalResponse())).toMatchObject({ name: "AbortError" });
    expect(server.seen).toHaveLength(1);
  });

  test("by a throw in the loop does the same", async () => {
    await using server = await hanging();
    const stream = clientOf(server).responses.stream({ input: "x" });
    const error = await thrownBy(
      (async () => {
        for await (const event of stream) throw new Error(`at ${event.sequence_number}`);
      })(),
    );
    expect(error).toMatchObject({ message: "at 0" });
    await expectClosedSoon(server);
  });

  test("by the caller's signal throws its reason", async () => {
    await using server = await hanging();
    const { controller, listeners } = countedSignal();
    const before = timers();
    const stream = clientOf(server).responses.stream({ input: "x" }, { signal: controller.signal });
    const got: StreamEvent[] = [];
    const error = await thrownBy(
      (async () => {
        for await (const event of stream) {
          got.push(event);
          if (got.length === 3) setTimeout(() => controller.abort(), 20);
        }
      })(),
    );
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: "AbortError" });
    await expectClosedSoon(server);
    expect(timers()).toBeLessThanOrEqual(before);
    expect(listeners()).toBe(0);
    expect(server.seen).toHaveLength(1);
  });

  test("by abort() ends a wait, with a reason of one's own", async () => {
    await using server = await hanging();
    const stream = clientOf(server).responses.stream({ input: "x" });
    setTimeout(() => stream.abort(new Error("enough")), 50);
    expect(await thrownBy(collect(stream))).toMatchObject({ message: "enough" });
    expect(await thrownBy(stream.finalResponse())).toMatchObject({ message: "enough" });
    await expectClosedSoon(server);
  });

  test("by return() while next() waits ends both", async () => {
    await using server = await hanging();
    const iterator = clientOf(server).responses.stream({ input: "x" })[Symbol.asyncIterator]();
    for (let n = 0; n < 3; n++) await iterator.next();
    const waiting = thrownBy(iterator.next());
    await iterator.return?.();
    expect(await waiting).toMatchObject({ name: "AbortError" });
    await expectClosedSoon(server);
  });

  test("while it waits to try again ends at once", async () => {
    await using server = await scriptedServer((_seen, res) => {
      res.writeHead(503, { "retry-after": "30" }).end();
    });
    const before = timers();
    const stream = clientOf(server).responses.stream({ input: "x" });
    const waiting = thrownBy(collect(stream));
    await until(() => server.seen.length === 1);
    await until(() => timers() > before);
    stream.abort();
    expect(await waiting).toMatchObject({ name: "AbortError" });
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test("before it began sends nothing", async () => {
    await using server = await hanging();
    const { responses } = clientOf(server);
    expect(
      await thrownBy(collect(responses.stream({ input: "x" }, { signal: AbortSignal.abort() }))),
    ).toMatchObject({ name: "AbortError" });
    responses.stream({ input: "never read" });
    const left = responses.stream({ input: "x" });
    left.abort();
    expect(await thrownBy(left.finalResponse())).toMatchObject({ name: "AbortError" });
    expect(server.seen).toHaveLength(0);
  });

  test("a fetch that knows no signal is left all the same", async () => {
    await using server = await hanging();
    const client = clientOf(server, {
      fetch: (url, { signal: _signal, ...init }) => fetch(url, init),
    });
    for await (const event of client.responses.stream({ input: "x" }))
      if (event.sequence_number === 2) break;
    await expectClosedSoon(server);
  });
});

describe("a whole stream", () => {
  test("leaves no timer, and its connection is used again", async () => {
    const ports = new Set<number | undefined>();
    await using server = await scriptedServer((_seen, res) => {
      ports.add(res.socket?.remotePort);
      // The end of the body comes after [DONE], in a packet of its own.
      sse(res).write([...events.map(frame), "data: [DONE]\n\n"].join(""));
      setTimeout(() => res.end(), 20);
    });
    const before = timers();
    const { responses } = clientOf(server);
    for (let n = 0; n < 3; n++) {
      expect(await collect(responses.stream({ input: "x" }))).toEqual(events);
      // Node's fetch marks a connection as free a turn after the body's end.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(ports.size).toBe(1);
    expect(timers()).toBeLessThanOrEqual(before + 1);
  });

  test("that the server does not end is over after its last event all the same", async () => {
    await using server = await scriptedServer(
      (_seen, res) => void sse(res).write(events.map(frame).join("")),
    );
    expect(await collect(clientOf(server).responses.stream({ input: "x" }))).toEqual(events);
    await expectClosedSoon(server);
  });
});

test("an aborted call of another kind throws the reason and closes its connection", async () => {
  await using server = await scriptedServer(() => {});
  const controller = new AbortController();
  const calling = thrownBy(
    clientOf(server).responses.create({ input: "x" }, { signal: controller.signal }),
  );
  await until(() => server.seen.length === 1);
  controller.abort(new Error("no longer"));
  expect(await calling).toMatchObject({ message: "no longer" });
  await expectClosedSoon(server);
});
