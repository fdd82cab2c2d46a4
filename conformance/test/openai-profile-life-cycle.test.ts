import { ev, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  chunksOf,
  DONE,
  exchange,
  frames,
  legalStream,
  MESSAGE,
  ofType,
  parseAnswer,
  parseFrames,
  post,
  rawPost,
  S,
  serve,
  STREAM,
  streamed,
  TEXT_ITEM,
  texts,
  yielding,
  type Json,
} from "./support/index.js";

describe("the life cycle", () => {
  test("R7 R10 R14 a message goes through every step, in order", async () => {
    const { types, final } = await streamed(S);
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      ...TEXT_ITEM,
      "response.completed",
    ]);
    expect(final).toMatchObject({ status: "completed", output: [MESSAGE] });
  });

  test("R7 the response begins in progress, with nothing in it", async () => {
    const { events } = await streamed(S);
    for (const { response } of events.slice(0, 2))
      expect(response).toMatchObject({ status: "in_progress", output: [], completed_at: null });
  });

  test("R8 the sequence numbers are 0, 1, 2 and so on", async () => {
    const agent = stream(async function* many() {
      for (let n = 0; n < 500; n++) yield `${n} `;
    });
    const { events } = await streamed(agent);
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, at) => at));
    expect(events.length).toBeGreaterThanOrEqual(500);
  });

  test("R9 every response object of a stream has one id, and every run its own", async () => {
    await using served = await serve({ agents: S });
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const all = await frames(await post(`${served.url}/responses`, STREAM));
        return legalStream(all).final["id"] as string;
      }),
    );
    for (const id of ids) expect(id).toMatch(/^resp_[0-9a-f]{24}$/);
    expect(new Set(ids).size).toBe(5);
  });

  test("R9 the id of an upstream response does not replace it", async () => {
    const { events, final } = await yielding(
      { type: "response.created", response: { id: "resp_upstream" } },
      { ...DONE, response_id: "resp_upstream" },
      { type: "response.completed", response: { id: "resp_upstream", output: [MESSAGE] } },
    );
    expect(JSON.stringify(events)).not.toContain("resp_upstream");
    expect(final["status"]).toBe("completed");
  });

  test("R10 an item is in progress when added and completed when done", async () => {
    const { events } = await yielding("hi", ev.call("c1", "f", { a: 1 }));
    const added = ofType(events, "response.output_item.added");
    const done = ofType(events, "response.output_item.done");
    expect(added.map((event) => event["item"].status)).toEqual(["in_progress", "in_progress"]);
    expect(added[0]!["item"]).toMatchObject({ type: "message", role: "assistant", content: [] });
    expect(done.map((event) => event["item"].status)).toEqual(["completed", "completed"]);
  });

  test("R11 the output index only grows, and the output is in that order", async () => {
    const { events, final } = await yielding(
      ev.reasoning("why"),
      "text",
      ev.call("c1", "f", {}),
      ev.item({
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "b" }],
      }),
    );
    const added = ofType(events, "response.output_item.added");
    expect(added.map((event) => event["output_index"])).toEqual([0, 1, 2, 3]);
    expect(final["output"].map((item: Json) => item["type"])).toEqual([
      "reasoning",
      "message",
      "function_call",
      "message",
    ]);
  });

  test("R12 the deltas add up to every text that repeats them", async () => {
    const pieces = ["Hel", "lo, ", "", "wörld 😀", "\n\nend"];
    const { events, final } = await yielding(...pieces);
    const whole = pieces.join("");
    const deltas = ofType(events, "response.output_text.delta").map((event) => event["delta"]);
    expect(deltas.join("")).toBe(whole);
    expect(ofType(events, "response.output_text.done")[0]!["text"]).toBe(whole);
    expect(ofType(events, "response.content_part.done")[0]!["part"].text).toBe(whole);
    expect(texts(final)).toEqual([whole]);
  });

  test("R13 the event line of each frame is its type, and POST sends no id lines", async () => {
    await using served = await serve({ agents: S });
    const all = await frames(await post(`${served.url}/responses`, STREAM));
    for (const frame of all.slice(0, -1)) {
      expect(frame.event).toBe(JSON.parse(frame.data).type);
      expect(frame).not.toHaveProperty("id");
    }
    expect(all.at(-1)).toEqual({ data: "[DONE]" });
  });

  test("R15 every frame lies whole in one chunk, with LF alone", async () => {
    const agent = stream(async function* mixed() {
      yield "x".repeat(100_000);
      for (let n = 0; n < 20; n++) {
        yield `ü${n}\r\n`;
        if (n % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
    });
    await using served = await serve({ agents: agent });
    for (const path of ["/responses", "/invocations"]) {
      const request = rawPost(path, JSON.stringify(STREAM));
      const { headers, body } = parseAnswer(await exchange(served.port, request));
      expect(headers.get("transfer-encoding")).toBe("chunked");
      expect(headers.has("content-encoding")).toBe(false);
      const chunks = chunksOf(body);
      expect(chunks.length).toBeGreaterThan(3);
      for (const chunk of chunks) {
        expect(chunk.endsWith("\n\n")).toBe(true);
        expect(chunk).not.toContain("\r");
        parseFrames(chunk);
      }
    }
  });

  test("R37 an agent that yields nothing completes with an empty output", async () => {
    const { types, final } = await yielding();
    expect(types).toEqual(["response.created", "response.in_progress", "response.completed"]);
    expect(final["output"]).toEqual([]);
  });
});
