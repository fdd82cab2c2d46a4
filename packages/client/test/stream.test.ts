import { describe, expect, test } from "vitest";
import { AgentFailedError, type StreamEvent } from "../src/index.js";
import { clientOf, collect, thrownBy } from "./support/client-of.js";
import { ID, lifeOf, message, response } from "./support/events.js";
import {
  DONE,
  frame,
  type ScriptedServer,
  scriptedServer,
  sse,
} from "./support/scripted-server.js";

const events = lifeOf(["Grüße ", "🌍🌍", ""]);

const serving = (bytes: Buffer, size = bytes.length): Promise<ScriptedServer> =>
  scriptedServer(async (_seen, res) => {
    sse(res);
    for (let at = 0; at < bytes.length; at += size)
      await new Promise<void>((resolve) => {
        res.write(bytes.subarray(at, at + size), () => setImmediate(resolve));
      });
    res.end();
  });
const text = (all: readonly unknown[]): string => all.map(frame).join("") + DONE;

describe("frames", () => {
  test.each([1, 7, 64])("split every %i bytes, inside of characters too", async (size) => {
    await using server = await serving(Buffer.from(text(events)), size);
    expect(await collect(clientOf(server).responses.stream({ input: "x" }))).toEqual(events);
    expect(server.seen).toHaveLength(1);
  });

  test("with CRLF, names, ids and comments", async () => {
    const frames = events.map(
      (event) =>
        `: ping\r\n\r\nevent: ${event.type}\r\nid: ${event.sequence_number}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`,
    );
    await using server = await serving(Buffer.from(frames.join("") + "data: [DONE]\r\n\r\n"), 11);
    expect(await collect(clientOf(server).responses.stream({ input: "x" }))).toEqual(events);
  });

  test("of unknown types pass as they came", async () => {
    const own = [
      { type: "wheelhouse:progress", data: { done: 0.5 }, sequence_number: 3 },
      { type: "response.brand_new.delta", sequence_number: 4 },
    ] as unknown as StreamEvent[];
    const all = [
      ...events.slice(0, 3),
      ...own,
      ...events.slice(3).map((event, at) => ({ ...event, sequence_number: 5 + at })),
    ];
    await using server = await serving(Buffer.from(text(all)));
    expect(await collect(clientOf(server).responses.stream({ input: "x" }))).toEqual(all);
  });

  test.each([
    ["that are not JSON", "data: {oops\n\n", "not a JSON object: {oops"],
    ["that are no objects", "data: [1]\n\n", "not a JSON object: [1]"],
    ["without a type", 'data: {"hi":1}\n\n', "has no type"],
  ])("%s are an error", async (_name, bad, why) => {
    await using server = await serving(Buffer.from(frame(events[0]) + bad));
    const error = await thrownBy(collect(clientOf(server).responses.stream({ input: "x" })));
    expect(error).toMatchObject({ kind: "invalid_response" });
    expect((error as Error).message).toContain(why);
    expect(server.seen).toHaveLength(1);
  });

  test("an answer that is no event stream is an error", async () => {
    await using server = await scriptedServer(
      (_seen, res) => void res.writeHead(200, { "content-type": "text/html" }).end("<h1>hi</h1>"),
    );
    const error = await thrownBy(collect(clientOf(server).responses.stream({ input: "x" })));
    expect(error).toMatchObject({ kind: "invalid_response" });
    expect((error as Error).message).toContain("text/html");
  });
});

describe("the end", () => {
  test("finalResponse() reads a stream that nobody reads", async () => {
    await using server = await serving(Buffer.from(text(events)));
    const stream = clientOf(server).responses.stream({ input: "x" });
    expect(stream.responseId).toBeUndefined();
    expect(await stream.finalResponse()).toMatchObject({ id: ID, status: "completed" });
    expect(await stream.finalText()).toBe("Grüße 🌍🌍");
    expect(stream.responseId).toBe(ID);
    expect(stream.cursor).toBe(events.length - 1);
    expect(stream.response?.status).toBe("completed");
    expect(server.seen).toHaveLength(1);
  });

  test("finalResponse() waits for a reader that has begun", async () => {
    await using server = await serving(Buffer.from(text(events)), 50);
    const stream = clientOf(server).responses.stream({ input: "x" });
    const reading = collect(stream);
    expect((await stream.finalResponse()).status).toBe("completed");
    expect(await reading).toEqual(events);
    expect((await stream.finalResponse()).status).toBe("completed");
  });

  test("textDeltas() gives the text in pieces", async () => {
    await using server = await serving(Buffer.from(text(events)));
    const deltas = clientOf(server).responses.stream({ input: "x" }).textDeltas();
    expect(await collect(deltas)).toEqual(["Grüße ", "🌍🌍", ""]);
  });

  test("a stream is read once", async () => {
    await using server = await serving(Buffer.from(text(events)));
    const stream = clientOf(server).responses.stream({ input: "x" });
    await collect(stream);
    expect(() => stream[Symbol.asyncIterator]()).toThrow("A stream can be read once");
  });

  test.each([
    [
      "failed",
      { error: { code: "task_failed", message: "It broke." } },
      "task_failed",
      "It broke.",
    ],
    ["cancelled", {}, "cancelled", "was cancelled"],
  ] as const)(
    "a run that %s is delivered, and thrown by finalResponse()",
    async (status, fields, code, why) => {
      const output = [message("half")];
      const end = { type: "response.failed", response: response(status, { ...fields, output }) };
      const all = [...events.slice(0, 2), { ...end, sequence_number: 2 }];
      await using server = await serving(Buffer.from(text(all)));
      const stream = clientOf(server).responses.stream({ input: "x" });
      expect(await collect(stream)).toEqual(all);
      const error = await thrownBy(stream.finalResponse());
      expect(error).toBeInstanceOf(AgentFailedError);
      expect(error).toMatchObject({ kind: "agent_failed", code, response: { output } });
      expect((error as Error).message).toContain(why);
      const again = clientOf(server).responses.stream({ input: "x" });
      expect(await thrownBy(collect(again.textDeltas()))).toMatchObject({ code });
    },
  );

  test("an incomplete answer is an answer", async () => {
    const end = { type: "response.incomplete", response: response("incomplete") };
    const all = [...events.slice(0, 2), { ...end, sequence_number: 2 }];
    await using server = await serving(Buffer.from(text(all)));
    const stream = clientOf(server).responses.stream({ input: "x" });
    expect((await stream.finalResponse()).status).toBe("incomplete");
  });

  test("nothing is read ahead of a slow reader's back, and its pauses are no silence", async () => {
    await using server = await serving(Buffer.from(text(events)), 200);
    const stream = clientOf(server, { idleMs: 50 }).responses.stream({ input: "x" });
    const got: StreamEvent[] = [];
    for await (const event of stream) {
      got.push(event);
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    expect(got).toEqual(events);
    expect(server.seen).toHaveLength(1);
  });
});
