import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ApiError, type StreamEvent, StreamInterruptedError } from "../src/index.js";
import { clientOf, collect, thrownBy } from "./support/client-of.js";
import { ID, lifeOf, response } from "./support/events.js";
import { type Drop, logServer } from "./support/log-server.js";
import { DONE, frame, json, scriptedServer, sse } from "./support/scripted-server.js";

const events = lifeOf(["Hello ", "wörld ", "🌍"]);

describe("a stream that drops", () => {
  test.each<Drop>([
    { after: 4, how: "cut" },
    { after: 4, how: "half" },
    { after: 4, how: "end" },
    { after: events.length - 1, how: "half" },
    { after: 1, how: "cut" },
  ])("after $after events ($how) goes on after the last event", async (drop) => {
    await using server = await logServer(events, [drop]);
    const stream = clientOf(server).responses.stream({ input: "hi" });
    expect(await collect(stream)).toEqual(events);
    const [first, second] = server.seen;
    expect(server.seen).toHaveLength(2);
    expect(first).toMatchObject({ method: "POST", url: "/responses" });
    expect(second).toMatchObject({
      method: "GET",
      url: `/responses/${ID}?stream=true&starting_after=${drop.after - 1}`,
    });
  });

  test.each<Drop>([
    { after: 0, how: "before-headers" },
    { after: 0, how: "cut" },
    { after: 0, how: "half" },
    { after: 0, how: "refuse" },
  ])("before its first event ($how) is asked for again with the same key", async (drop) => {
    await using server = await logServer(events, [drop]);
    expect(await collect(clientOf(server).responses.stream({ input: "hi" }))).toEqual(events);
    const [first, second] = server.seen;
    const key = first?.headers["idempotency-key"];
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second?.headers["idempotency-key"]).toBe(key);
    expect(second?.body).toEqual(first?.body);
    expect(server.seen).toHaveLength(2);
  });

  test("asks the server to keep the run, and hands the include on", async () => {
    await using server = await logServer(events, [{ after: 2, how: "cut" }]);
    const include = ["wheelhouse.events"];
    await collect(clientOf(server).responses.stream({ input: "hi", include }));
    expect(server.seen[0]?.body).toEqual({
      input: "hi",
      include,
      stream: true,
      disconnect: { graceMs: 30_000 },
    });
    expect(server.seen[1]?.url).toContain("include%5B%5D=wheelhouse.events");
  });

  test("leaves disconnect alone where it was chosen, or in the background", async () => {
    await using server = await logServer(events, []);
    const { responses } = clientOf(server);
    await collect(responses.stream({ input: "hi", disconnect: "cancel" }));
    await collect(responses.stream({ input: "hi", background: true }));
    await collect(responses.stream({ input: "hi", store: false }));
    await collect(responses.stream({ input: "hi" }, { resume: false }));
    await collect(responses.stream({ input: "hi" }, { resume: { graceMs: 5 } }));
    expect(server.seen.map(({ body }) => body?.["disconnect"])).toEqual([
      "cancel",
      undefined,
      undefined,
      undefined,
      { graceMs: 5 },
    ]);
    expect(server.seen[2]?.headers).not.toHaveProperty("idempotency-key");
  });

  test("events that come again are delivered once", async () => {
    const drops: Drop[] = [
      { after: 5, how: "cut" },
      { after: 4, how: "cut", again: 3 },
    ];
    await using server = await logServer(events, drops);
    expect(await collect(clientOf(server).responses.stream({ input: "hi" }))).toEqual(events);
  });

  test("silence counts as a drop", async () => {
    await using server = await scriptedServer((_seen, res, index) => {
      sse(res);
      if (index > 0) res.end(events.slice(3).map(frame).join("") + DONE);
      else res.write(events.slice(0, 3).map(frame).join(""));
    });
    const stream = clientOf(server, { idleMs: 100 }).responses.stream({ input: "hi" });
    expect(await collect(stream)).toEqual(events);
    expect(server.seen).toHaveLength(2);
  });

  test("pings keep a stream that says nothing", async () => {
    await using server = await scriptedServer(async (_seen, res) => {
      sse(res).write(frame(events[0]));
      for (let n = 0; n < 10; n++) {
        await new Promise((resolve) => setTimeout(resolve, 40));
        res.write(": ping\n\n");
      }
      res.end(events.slice(1).map(frame).join("") + DONE);
    });
    const stream = clientOf(server, { idleMs: 200 }).responses.stream({ input: "hi" });
    expect(await collect(stream)).toEqual(events);
    expect(server.seen).toHaveLength(1);
  });

  test("an attach that hangs counts as a drop", async () => {
    await using server = await scriptedServer((_seen, res, index) => {
      if (index === 1) return;
      sse(res);
      const rest = index === 0 ? events.slice(0, 2) : events.slice(2);
      res.write(rest.map(frame).join(""), () => index === 0 && res.destroy());
      if (index === 2) res.end(DONE);
    });
    const stream = clientOf(server, { idleMs: 100 }).responses.stream({ input: "hi" });
    expect(await collect(stream)).toEqual(events);
    expect(server.seen).toHaveLength(3);
  });

  test("property: any events and any drops give exactly the events, once and in order", async () => {
    const drop = fc.record({
      after: fc.nat(6),
      how: fc.constantFrom<Drop["how"][]>("cut", "half", "end", "refuse", "before-headers"),
      again: fc.nat(4),
    });
    const pieces = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.array(drop, { maxLength: 6 }), async (texts, drops) => {
        const expected = lifeOf(texts);
        await using server = await logServer(expected, drops);
        const client = clientOf(server, { maxRetries: 20, resume: { maxAttempts: 20 } });
        const stream = client.responses.stream({ input: "hi" });
        expect(await collect(stream)).toEqual(expected);
        expect((await stream.finalResponse()).status).toBe("completed");
        const keys = server.seen
          .filter(({ method }) => method === "POST")
          .map(({ headers }) => headers["idempotency-key"]);
        expect(new Set(keys).size).toBe(1);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a stream that cannot go on", () => {
  const read = async (
    stream: AsyncIterable<StreamEvent>,
  ): Promise<{ got: StreamEvent[]; error: unknown }> => {
    const got: StreamEvent[] = [];
    const error = await thrownBy(
      (async () => {
        for await (const event of stream) got.push(event);
      })(),
    );
    return { got, error };
  };

  test("gives up after attempts in a row without a new event", async () => {
    const drops = Array.from({ length: 9 }, (): Drop => ({ after: 0, how: "end" }));
    await using server = await logServer(events, [{ after: 3, how: "end" }, ...drops]);
    const client = clientOf(server, { resume: { maxAttempts: 4 } });
    const { got, error } = await read(client.responses.stream({ input: "hi" }));
    expect(got).toEqual(events.slice(0, 3));
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ kind: "stream_interrupted", responseId: ID, cursor: 2 });
    expect((error as Error).message).toContain("resume.maxAttempts");
    expect(server.seen).toHaveLength(5);
  });

  test("counts anew after each new event", async () => {
    const drops = Array.from({ length: events.length }, (): Drop => ({ after: 1, how: "cut" }));
    await using server = await logServer(events, drops);
    const client = clientOf(server, { resume: { maxAttempts: 1 } });
    expect(await collect(client.responses.stream({ input: "hi" }))).toEqual(events);
  });

  test.each([
    ["store: false", { store: false }, {}, "store: false"],
    ["resume: false", {}, { resume: false as const }, "resume is false"],
  ])("%s is an error at once", async (_name, body, options, why) => {
    await using server = await logServer(events, [{ after: 3, how: "cut" }]);
    const { responses } = clientOf(server);
    const { got, error } = await read(responses.stream({ input: "hi", ...body }, options));
    expect(got).toEqual(events.slice(0, 3));
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect((error as Error).message).toContain(why);
    expect(server.seen).toHaveLength(1);
  });

  test("a response that the server did not store is an error at once", async () => {
    const unstored = { ...events[0], response: response("in_progress", { store: false }) };
    await using server = await logServer([unstored as StreamEvent], [{ after: 1, how: "cut" }]);
    const { error } = await read(clientOf(server).responses.stream({ input: "hi" }));
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(server.seen).toHaveLength(1);
  });

  test("a refusal of the server is its cause", async () => {
    await using server = await scriptedServer((_seen, res, index) => {
      if (index === 1)
        return json(res, 404, {
          error: { message: "Response not found", code: "response_not_found" },
        });
      sse(res).write(frame(events[0]), () => res.destroy());
    });
    const { error } = await read(clientOf(server).responses.stream({ input: "hi" }));
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect((error as { cause: ApiError }).cause).toMatchObject({
      status: 404,
      code: "response_not_found",
    });
    expect(server.seen).toHaveLength(2);
  });

  test("[DONE] without a terminal event is an error", async () => {
    await using server = await scriptedServer((_seen, res) => {
      sse(res).end(events.slice(0, 4).map(frame).join("") + DONE);
    });
    const { got, error } = await read(clientOf(server).responses.stream({ input: "hi" }));
    expect(got).toHaveLength(4);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect((error as Error).message).toContain("without a terminal event");
  });

  test("without a key nothing is sent twice", async () => {
    await using server = await logServer(events, [{ after: 0, how: "cut" }]);
    const stream = clientOf(server).responses.stream({ input: "hi" }, { idempotencyKey: false });
    expect((await read(stream)).error).toMatchObject({ kind: "connection" });
    expect(server.seen).toHaveLength(1);
  });
});

describe("attach", () => {
  test("reads a response after a cursor, and resumes as any stream", async () => {
    await using server = await logServer(events, [{ after: 2, how: "half" }]);
    const stream = clientOf(server).responses.attach(ID, { after: 1 });
    expect(await collect(stream)).toEqual(events.slice(2));
    expect(server.seen.map(({ url }) => url)).toEqual([
      `/responses/${ID}?stream=true&starting_after=1`,
      `/responses/${ID}?stream=true&starting_after=3`,
    ]);
  });

  test("without a cursor reads from the first event", async () => {
    await using server = await logServer(events, []);
    expect(await collect(clientOf(server).responses.attach(ID))).toEqual(events);
    expect(server.seen[0]?.url).toBe(`/responses/${ID}?stream=true`);
  });

  test("after the last event gives nothing, and the final response still", async () => {
    await using server = await scriptedServer(({ url }, res) => {
      if (url.includes("stream=true")) sse(res).end(DONE);
      else json(res, 200, response("completed"));
    });
    const stream = clientOf(server).responses.attach(ID, { after: events.length - 1 });
    expect(await collect(stream)).toEqual([]);
    expect(await stream.finalResponse()).toMatchObject({ id: ID, status: "completed" });
  });

  test("of an unknown response throws the server's error", async () => {
    await using server = await scriptedServer((_seen, res) =>
      json(res, 404, { error: { message: "Response not found", code: "response_not_found" } }),
    );
    const stream = clientOf(server).responses.attach(ID);
    expect(await thrownBy(collect(stream))).toMatchObject({ kind: "api", status: 404 });
  });
});
