import { ev } from "@wheelhouse/agent-sdk";
import { until } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import {
  deltaText,
  IN,
  type Json,
  outputText,
  PATHS,
  post,
  postJson,
  streamed,
} from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

const message = (text: string) => ({
  type: "message",
  id: "m1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text }],
});

/** What a function may give for the answer "ab": every one reads the same on both wires, streamed or not. */
const SHAPES: Record<string, () => unknown> = {
  "an async generator": async function* () {
    yield "a";
    yield "b";
  },
  "a sync generator": function* () {
    yield "a";
    yield "b";
  },
  "a promise of an async generator": async () =>
    (async function* () {
      yield "a";
      yield "b";
    })(),
  "an iterable of promises": () => new Set([Promise.resolve("a"), Promise.resolve("b")]),
  "a ReadableStream": () => ReadableStream.from(["a", "b"]),
  "an iterator whose next answers at once": () => {
    const pieces = ["a", "b"];
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          const value = pieces.shift();
          return value === undefined ? { done: true, value } : { done: false, value };
        },
      }),
    };
  },
  "a string": () => "ab",
  "a part": async () => ev.text("ab"),
  "an array of strings": () => ["a", "b"],
  "an array of parts and strings": () => [ev.text("a"), "b"],
  "an array with an item": () => [message("ab")],
  "a response object": () => ({ output: [message("ab")] }),
  "a response whose output is text": async () => ({ output: "ab" }),
  "a raw delta and its item": async function* () {
    yield { type: "response.output_text.delta", item_id: "m1", delta: "ab" };
    yield { type: "response.output_item.done", item: message("ab") };
  },
};
const ITERABLE = /generator|iterable|iterator|Stream|raw/;

for (const [name, author] of Object.entries(SHAPES))
  test(`${name} is the same answer on both wires, streamed and not`, async () => {
    const kinds = ITERABLE.test(name) ? [looseStream] : [looseStream, looseInvoke];
    for (const kind of kinds) {
      await using served = await serve({ agents: kind(author) });
      for (const path of PATHS) {
        const whole = await postJson(`${served.url}${path}`, IN);
        expect([whole.status, outputText(whole.body["output"] as Json[])]).toEqual([200, "ab"]);
        const all = await streamed(`${served.url}${path}`);
        expect(deltaText(all)).toBe("ab");
        const items = all.filter(({ type }) => type === "response.output_item.done");
        expect(outputText(items.map(({ item }) => item as Json))).toBe("ab");
      }
    }
  });

describe("derive: false", () => {
  for (const path of PATHS)
    test(`B23 B24 ${path}: the missing half is 500 with MLflow's words`, async () => {
      await using streams = await serve({ agents: looseStream(() => "x", { derive: false }) });
      await using invokes = await serve({ agents: looseInvoke(() => "x", { derive: false }) });
      expect(await postJson(`${streams.url}${path}`, IN)).toMatchObject({
        status: 500,
        body: { detail: "No invoke function registered" },
      });
      expect(await postJson(`${invokes.url}${path}`, { ...IN, stream: true })).toMatchObject({
        status: 500,
        body: { detail: "No stream function registered" },
      });
    });
});

test("what an author yields after it was told to stop is dropped", async () => {
  const late: string[] = [];
  const agent = looseStream(
    async function* author(_request, { signal }) {
      yield "in time";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      late.push("told");
      yield "late";
      late.push("went on");
    },
    { timeoutMs: 60 },
  );
  await using served = await serve({ agents: agent });
  const all = await streamed(`${served.url}/responses`);
  expect(deltaText(all)).toBe("in time");
  await until(() => late.length > 0);
  expect(late).toEqual(["told"]);
});

test("an iterator without return() is not asked for more once its client has left", async () => {
  let asked = 0;
  const agent = looseStream(() => ({
    [Symbol.asyncIterator]: () => ({
      async next() {
        asked++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return { done: false, value: "x" };
      },
    }),
  }));
  await using served = await serve({ agents: agent });
  const client = new AbortController();
  const url = `${served.url}/responses`;
  const response = await post(url, { ...IN, stream: true }, { signal: client.signal });
  await response.body!.getReader().read();
  client.abort();
  await until(async () => {
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return asked === before;
  });
  expect(asked).toBeGreaterThan(0);
});

test("a ReadableStream is cancelled when its client leaves", async () => {
  let cancelled = 0;
  const agent = looseStream(
    () =>
      new ReadableStream({
        start: (controller) => controller.enqueue("first"),
        cancel: () => void cancelled++,
      }),
  );
  await using served = await serve({ agents: agent });
  const client = new AbortController();
  const url = `${served.url}/responses`;
  const response = await post(url, { ...IN, stream: true }, { signal: client.signal });
  await response.body!.getReader().read();
  client.abort();
  await until(() => cancelled > 0);
  expect(cancelled).toBe(1);
});

test("an author's own object may change after the yield: what was yielded is sent", async () => {
  const item = message("before");
  const agent = looseStream(function* author() {
    yield { type: "response.output_item.done", item };
    item.content = [{ type: "output_text", text: "after" }];
    yield "x";
  });
  await using served = await serve({ agents: agent });
  for (const path of PATHS) {
    item.content = [{ type: "output_text", text: "before" }];
    // oxlint-disable-next-line no-await-in-loop -- the object is shared.
    const { body } = await postJson(`${served.url}${path}`, IN);
    expect(outputText(body["output"] as Json[])).toBe("beforex");
  }
});
