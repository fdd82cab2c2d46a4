import { ev, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  DONE,
  events,
  frames,
  gate,
  H,
  IN,
  liveFrames,
  looseStream,
  next,
  post,
  S,
  serve,
  type ServerOptions,
  until,
} from "./support/index.js";

const STREAM = { ...IN, stream: true };

const sent = async (agent: unknown, options: ServerOptions = {}) => {
  await using served = await serve({ agents: agent, exposeErrors: true, ...options });
  const response = await post(`${served.url}/invocations`, STREAM);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  return await events(response);
};

describe("the frames of /invocations", () => {
  test("B31 are unnamed data in yield order, then [DONE], then the end", async () => {
    await using served = await serve({ agents: [H, S] });
    const response = await post(`${served.url}/invocations`, STREAM);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const all = await frames(response);
    expect(all.map((frame) => Object.keys(frame))).toEqual([["data"], ["data"], ["data"]]);
    expect(JSON.parse(all[0]!.data)).toEqual(DELTA);
    expect(JSON.parse(all[1]!.data)).toEqual(DONE);
    expect(all[2]!.data).toBe("[DONE]");
  });

  test("B31 a long stream keeps its order", async () => {
    const agent = stream(async function* many() {
      for (let n = 0; n < 5_000; n++) yield { ...DELTA, delta: `${n}` };
    });
    expect((await sent(agent)).map((event) => event["delta"])).toEqual(
      Array.from({ length: 5_000 }, (_, n) => `${n}`),
    );
  });

  test("B31 text of any kind comes back whole", async () => {
    const texts = ["line\nbreak\r\n\r\n", "data: x\n\n", "[DONE]", "😀 ü \u2028\u2029\0", ""];
    const agent = stream(async function* texts_() {
      for (const delta of texts) yield { ...DELTA, delta };
    });
    expect((await sent(agent)).map((event) => event["delta"])).toEqual(texts);
  });

  test("B31 yielded strings are MLflow's sparse events", async () => {
    const agent = stream(async function* words() {
      yield "Hel";
      yield "lo";
    });
    const all = await sent(agent);
    expect(all.map((event) => event["type"])).toEqual([
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_item.done",
    ]);
    expect(all.slice(0, 2).map((event) => event["delta"])).toEqual(["Hel", "lo"]);
    const { item } = all[2]!;
    expect(item).toMatchObject({ role: "assistant", content: [{ text: "Hello" }] });
    expect(all.slice(0, 2).map((event) => event["item_id"])).toEqual([item.id, item.id]);
  });

  test("B31 a stream that yields nothing is [DONE] alone", async () => {
    // oxlint-disable-next-line require-yield
    const agent = stream(async function* nothing() {});
    expect(await sent(agent)).toEqual([]);
  });

  test("B31 a synchronous generator and a ReadableStream stream too", async () => {
    const sync = stream(function* sync() {
      yield DELTA;
      yield DONE;
    });
    expect(await sent(sync)).toEqual([DELTA, DONE]);
    const web = stream(() => ReadableStream.from([DELTA, DONE]));
    expect(await sent(web)).toEqual([DELTA, DONE]);
  });

  for (const path of ["/invocations", "/responses"]) {
    test(`B32 on ${path} each is flushed while the handler still works`, async () => {
      const first = gate();
      const agent = stream(async function* paused() {
        yield DELTA;
        await first.opened;
        yield DONE;
      });
      await using served = await serve({ agents: agent });
      const response = await post(`${served.url}${path}`, STREAM);
      const live = liveFrames(response);
      const read: string[] = [];
      while (!read.at(-1)?.includes('"delta":"hi"')) read.push((await next(live)).data);
      first.open();
      for await (const frame of live) read.push(frame.data);
      expect(read.at(-1)).toBe("[DONE]");
    });

    test(`B32 on ${path} the headers come before the first yield`, async () => {
      const first = gate();
      const agent = stream(async function* late() {
        await first.opened;
        yield DONE;
      });
      await using served = await serve({ agents: agent });
      const response = await post(`${served.url}${path}`, STREAM);
      expect(response.status).toBe(200);
      first.open();
      expect((await frames(response)).at(-1)?.data).toBe("[DONE]");
    });
  }
});

describe("a stream that fails", () => {
  test("B35 after one frame: that frame, the error, [DONE]", async () => {
    const agent = stream(async function* fails() {
      yield DELTA;
      throw new Error("boom");
    });
    expect(await sent(agent)).toEqual([DELTA, { error: "boom" }]);
  });

  test("B36 before the first frame: 200, the error, [DONE]", async () => {
    // oxlint-disable-next-line require-yield
    const agent = stream(async function* fails() {
      throw new Error("boom");
    });
    expect(await sent(agent)).toEqual([{ error: "boom" }]);
  });

  test("B36 a function that throws before it makes a generator is no different", async () => {
    const thrower = stream(() => {
      throw new Error("boom");
    });
    expect(await sent(thrower)).toEqual([{ error: "boom" }]);
    const rejected = stream(() => Promise.reject(new Error("boom")));
    expect(await sent(rejected)).toEqual([{ error: "boom" }]);
  });

  test.each([
    ["a string", "why", "why"],
    ["undefined", undefined, expect.stringMatching(/./)],
    ["null", null, expect.stringMatching(/./)],
    ["a number", 5, expect.stringMatching(/./)],
    ["an object", { a: 1 }, expect.stringMatching(/./)],
    ["an error without a message", new Error(""), expect.stringMatching(/./)],
  ])("B35 by throwing %s still gives a text", async (_, thrown, error) => {
    const agent = stream(async function* fails() {
      yield DELTA;
      throw thrown;
    });
    expect(await sent(agent)).toEqual([DELTA, { error }]);
  });

  test.each([
    [{ type: "response.output_item.done", item: { type: "nope" } }],
    [{ type: "response.output_item.done" }],
    [{ type: "response.output_item.done", item: null }],
    [{ type: "response.output_text.delta", item_id: "m1" }],
    [{ type: "response.output_text.delta", delta: "x" }],
    [{ type: "response.output_text.delta", item_id: "m1", delta: 5 }],
    [{ type: "response.output_text.annotation.added", item_id: "m1" }],
    [{ type: "error" }],
    [{ type: "response.completed" }],
    [{ type: 5 }],
    [{ delta: "x" }],
    [{}],
    [[]],
    [42],
    [true],
    [null],
    [undefined],
  ])("B37 the invalid event %j is not sent: the error and [DONE] follow", async (invalid) => {
    let closed = false;
    const agent = looseStream(async function* yields() {
      try {
        yield DELTA;
        yield invalid;
        yield DONE;
      } finally {
        closed = true;
      }
    });
    expect(await sent(agent)).toEqual([DELTA, { error: expect.stringMatching(/./) }]);
    await until("the generator is closed", () => closed);
  });

  test.each([
    ["a function", () => {}],
    ["a symbol", Symbol("x")],
    ["a BigInt", 1n],
  ])("B37 %s is not sent either", async (_, invalid) => {
    const agent = looseStream(async function* yields() {
      yield DELTA;
      yield invalid;
    });
    expect(await sent(agent)).toEqual([DELTA, { error: expect.stringMatching(/./) }]);
  });

  test.each([
    ["42", 42],
    ["null", null],
    ["undefined", undefined],
    ["an object", { a: 1 }],
  ])("B37 a stream function that returns %s instead of a stream is an error", async (_, value) => {
    const agent = looseStream(() => value);
    const all = await sent(agent);
    expect(all.at(-1)).toEqual({ error: expect.stringMatching(/./) });
    expect(all).toHaveLength(1);
  });
});

describe("what passes", () => {
  test("B38 event types outside the checked five, unchanged", async () => {
    const given = [
      { type: "response.created", response: { id: "mine" }, sequence_number: 7 },
      { type: "response.in_progress", anything: [null, { a: 1 }] },
      { type: "custom", data: "ü" },
      { type: "custom.more", nested: { deep: [1, 2] } },
      { type: "response.content_part.added", part: 5 },
    ];
    const agent = looseStream(async function* yields() {
      yield* given;
    });
    expect(await sent(agent)).toEqual(given);
  });

  test("B38 unknown keys of the checked five, unchanged", async () => {
    const given = [
      { ...DELTA, custom_outputs: { a: 1 }, output_index: 3 },
      { ...DONE, databricks_output: { trace: {} } },
      { type: "error", message: "partial", code: "c", param: null },
    ];
    const agent = looseStream(async function* yields() {
      yield* given;
    });
    expect(await sent(agent)).toEqual(given);
  });

  test("B38 ev.custom is an event of that name", async () => {
    const agent = looseStream(async function* yields() {
      yield ev.custom("progress", { percent: 5 });
      yield "done";
    });
    const all = await sent(agent);
    expect(JSON.stringify(all[0])).toContain("progress");
    expect(JSON.stringify(all[0])).toContain('"percent":5');
    expect(all[0]).not.toHaveProperty("error");
  });

  test("B38 any object from a base agent, unchanged", async () => {
    const given = [{ a: 1 }, { type: "response.output_item.done" }, { error: "mine" }, {}];
    const agent = looseStream(async function* yields() {
      yield* given;
    });
    expect(await sent(agent, { agentType: null })).toEqual(given);
  });
});
