import { once } from "node:events";
import { invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  events,
  H,
  IN,
  json,
  liveFrames,
  next,
  open,
  post,
  rawPost,
  S,
  serve,
  until,
} from "./support/index.js";

/** Three times the behaviour's bound of one second. */
const SOON = 3_000;

/** An agent that streams until it is stopped, and remembers how that came about. */
function endless() {
  const seen = { started: 0, finished: 0, reasons: [] as unknown[] };
  const watch = (signal: AbortSignal) => {
    seen.started += 1;
    signal.addEventListener("abort", () => seen.reasons.push(signal.reason));
  };
  const aborted = (signal: AbortSignal) =>
    signal.aborted ? Promise.resolve([]) : once(signal, "abort");
  const streaming = stream(async function* endless_(_request, { signal }) {
    watch(signal);
    try {
      yield DELTA;
      await aborted(signal);
    } finally {
      seen.finished += 1;
    }
  });
  const waiting = invoke(async (_request, { signal }) => {
    watch(signal);
    await aborted(signal);
    seen.finished += 1;
    return { output: [] };
  });
  return { seen, agents: [streaming, waiting] };
}

const STOPPED = {
  finished: 1,
  reasons: [expect.objectContaining({ code: "client_disconnected" })],
};

describe("a client that leaves", () => {
  for (const path of ["/invocations", "/responses"]) {
    test(`B49 B50 a stream of ${path} aborted by the client runs finally and aborts the signal`, async () => {
      const { seen, agents } = endless();
      await using served = await serve({ agents });
      const client = new AbortController();
      const response = await post(
        `${served.url}${path}`,
        { ...IN, stream: true },
        {},
        client.signal,
      );
      await next(liveFrames(response));
      client.abort();
      await until("the generator's finally has run", () => seen.finished === 1, SOON);
      expect(seen).toMatchObject(STOPPED);
    });

    test(`B49 B50 a stream of ${path} whose socket is destroyed`, async () => {
      const { seen, agents } = endless();
      await using served = await serve({ agents });
      const socket = await open(served.port);
      socket.write(rawPost(path, JSON.stringify({ ...IN, stream: true })));
      await once(socket, "data");
      socket.destroy();
      await until("the generator's finally has run", () => seen.finished === 1, SOON);
      expect(seen).toMatchObject(STOPPED);
    });

    test(`B50 an invoke of ${path} whose client leaves`, async () => {
      const { seen, agents } = endless();
      await using served = await serve({ agents });
      const socket = await open(served.port);
      socket.write(rawPost(path, JSON.stringify(IN)));
      await until("the handler runs", () => seen.started === 1);
      socket.resetAndDestroy();
      await until("the handler was told", () => seen.finished === 1, SOON);
      expect(seen).toMatchObject(STOPPED);
    });
  }

  test("B49 a generator that does not look at its signal is closed at its next yield", async () => {
    let finished = false;
    let yields = 0;
    const agent = stream(async function* deaf() {
      try {
        for (;;) {
          yields += 1;
          yield DELTA;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        finished = true;
      }
    });
    await using served = await serve({ agents: agent });
    const client = new AbortController();
    const url = `${served.url}/invocations`;
    await next(liveFrames(await post(url, { ...IN, stream: true }, {}, client.signal)));
    client.abort();
    await until("the generator's finally has run", () => finished, SOON);
    const atTheEnd = yields;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(yields).toBe(atTheEnd);
  });

  test("B49 a generator that yields on after the abort harms nobody", async () => {
    let finished = false;
    const agent = stream(async function* stubborn(_request, { signal }) {
      yield DELTA;
      if (!signal.aborted) await once(signal, "abort");
      try {
        yield DELTA;
        yield { type: "response.output_item.done", item: { type: "nope" } };
      } finally {
        finished = true;
      }
    });
    await using served = await serve({ agents: [agent, H] });
    const client = new AbortController();
    const url = `${served.url}/invocations`;
    await next(liveFrames(await post(url, { ...IN, stream: true }, {}, client.signal)));
    client.abort();
    await until("the generator's finally has run", () => finished, SOON);
    expect((await post(url, IN)).status).toBe(200);
  });

  test("B50 one client's leaving does not touch another's run", async () => {
    const { seen, agents } = endless();
    await using served = await serve({ agents });
    const leaver = new AbortController();
    const stayer = new AbortController();
    const body = { ...IN, stream: true };
    const url = `${served.url}/invocations`;
    await next(liveFrames(await post(url, body, {}, leaver.signal)));
    await next(liveFrames(await post(url, body, {}, stayer.signal)));
    leaver.abort();
    await until("the first run has stopped", () => seen.finished === 1, SOON);
    expect(seen.reasons).toHaveLength(1);
    stayer.abort();
    await until("the second run has stopped", () => seen.finished === 2, SOON);
  });

  test("B50 a run that ends by itself is not aborted afterwards", async () => {
    const signals: AbortSignal[] = [];
    const agents = [
      invoke((_request, { signal }) => {
        signals.push(signal);
        return { output: [] };
      }),
      stream(async function* ends(_request, { signal }) {
        signals.push(signal);
        yield DELTA;
      }),
    ];
    await using served = await serve({ agents });
    await json(await post(`${served.url}/invocations`, IN, { connection: "close" }));
    await events(await post(`${served.url}/invocations`, { ...IN, stream: true }));
    await json(await post(`${served.url}/responses`, IN, { connection: "close" }));
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false, false]);
  });

  test("B50 one that leaves while it still sends its body starts no run", async () => {
    const { seen, agents } = endless();
    await using served = await serve({ agents: [...agents] });
    const socket = await open(served.port);
    const whole = rawPost("/invocations", JSON.stringify(IN));
    socket.write(whole.subarray(0, whole.length - 3));
    socket.resetAndDestroy();
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
    expect(seen.started).toBe(0);
  });
});

test("B49 a server under many leaving clients still answers", async () => {
  const { seen, agents } = endless();
  await using served = await serve({ agents });
  const sockets = await Promise.all(Array.from({ length: 30 }, () => open(served.port)));
  for (const socket of sockets) {
    socket.on("error", () => {});
    socket.write(rawPost("/invocations", JSON.stringify({ ...IN, stream: true })));
  }
  await until("all run", () => seen.started === 30);
  for (const socket of sockets) socket.resetAndDestroy();
  await until("all have stopped", () => seen.finished === 30, SOON);
  expect((await fetch(`${served.url}/health`)).status).toBe(200);
  await using other = await serve({ agents: S });
  expect((await fetch(`${other.url}/health`)).status).toBe(200);
});
