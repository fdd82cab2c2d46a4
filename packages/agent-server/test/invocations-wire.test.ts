import { ev } from "@wheelhouse/agent-sdk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IN, type Json, outputText, post, postJson, STREAM, streamed } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

const MESSAGE = {
  type: "message",
  id: "m1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "hi" }],
};
const delta = (id: string, text: string) => ({
  type: "response.output_text.delta",
  item_id: id,
  delta: text,
});
const done = (item: object) => ({ type: "response.output_item.done", item });
const yields = (...pieces: unknown[]) =>
  looseStream(async function* author() {
    yield* pieces;
  });

/** What one agent answers: its frames, and its whole answer. */
async function answers(
  agent: unknown,
  options: object = {},
): Promise<{ all: Json[]; whole: Json }> {
  await using served = await serve({ agents: agent, ...options });
  const url = `${served.url}/invocations`;
  return { all: await streamed(url), whole: (await postJson(url, IN)).body };
}

describe("raw events", () => {
  test("B31 B38 pass as given, key for key and value for value", async () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const event = fc
      .record({
        type: fc.constantFrom("response.created", "custom", "x.y", "response.unknown"),
        data: json,
      })
      .chain((base) => fc.dictionary(fc.string(), json).map((more) => ({ ...more, ...base })));
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 8 }), async (given) => {
        await using served = await serve({ agents: yields(...given) });
        const text = await (await post(`${served.url}/invocations`, STREAM)).text();
        const expected = given.map((one) => `data: ${JSON.stringify(one)}\n\n`);
        expect(text).toBe(`${expected.join("")}data: [DONE]\n\n`);
      }),
      { numRuns: 40 },
    );
  });

  test("B24a deltas without a done item become a message of the answer", async () => {
    const { all, whole } = await answers(
      yields(delta("m1", "he"), delta("m2", "x"), delta("m1", "y")),
    );
    expect(all).toHaveLength(3);
    expect(whole["output"].map((item: Json) => [item["id"], item["content"][0].text])).toEqual([
      ["m1", "hey"],
      ["m2", "x"],
    ]);
  });

  test("B24a deltas whose item comes whole are said once", async () => {
    const { whole } = await answers(yields(delta("m1", "h"), delta("m1", "i"), done(MESSAGE)));
    expect(whole).toEqual({ output: [MESSAGE] });
  });

  test("B37 an event that is not valid ends the stream after the valid ones", async () => {
    const bad = { type: "response.output_text.delta", delta: 5 };
    await using served = await serve({ agents: yields(delta("m1", "a"), bad, delta("m1", "b")) });
    const all = await streamed(`${served.url}/invocations`);
    expect(all).toEqual([delta("m1", "a"), { error: expect.stringContaining(": delta: ") }]);
    const whole = await postJson(`${served.url}/invocations`, IN);
    expect(whole.status).toBe(500);
    expect(whole.body["detail"]).toMatch(/^Invalid data for ResponsesAgentStreamEvent: /);
  });

  test("B70 a value that JSON cannot hold is an error, not a crash", async () => {
    const cycle: Json = { type: "custom" };
    cycle["self"] = cycle;
    for (const piece of [cycle, { type: "custom", n: 1n }]) {
      // oxlint-disable-next-line no-await-in-loop -- one server after the other.
      await using served = await serve({ agents: yields(delta("m1", "a"), piece) });
      // oxlint-disable-next-line no-await-in-loop -- as above.
      expect(await streamed(`${served.url}/invocations`)).toEqual([
        delta("m1", "a"),
        { error: expect.stringMatching(/^Internal server error \(request /) },
      ]);
    }
  });
});

describe("the vocabulary", () => {
  test("becomes MLflow's sparse form: text deltas and whole items, no life cycle", async () => {
    const { all, whole } = await answers(
      yields(
        "he",
        ev.text("y"),
        ev.call("c1", "f", { a: 1 }),
        ev.result("c1", "42"),
        ev.usage(1, 2),
      ),
    );
    expect(all.map(({ type }) => type)).toEqual([
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_item.done",
      "response.output_item.done",
      "response.output_item.done",
    ]);
    for (const event of all) expect(Object.keys(event)).not.toContain("sequence_number");
    expect(all.slice(2).map(({ item }) => item)).toEqual(
      whole["output"].map((item: Json) => ({ ...item, id: expect.any(String) })),
    );
    expect(whole["output"].map((item: Json) => item["type"])).toEqual([
      "message",
      "function_call",
      "function_call_output",
    ]);
    expect(whole["usage"]).toMatchObject({ input_tokens: 1, output_tokens: 2, total_tokens: 3 });
    const ids = new Set(all.slice(0, 3).map((event) => event["item_id"] ?? event["item"].id));
    expect(ids.size).toBe(1);
  });

  test("ev.custom is an event of its own", async () => {
    const { all } = await answers(yields(ev.custom("progress", { done: 3 }), "x"));
    expect(all[0]).toEqual({ type: "progress", data: { done: 3 } });
  });

  test("custom_outputs stand in the whole answer, whatever gave them", async () => {
    const custom_outputs = { a: [1] };
    for (const agent of [
      looseInvoke(() => ({ output: [MESSAGE], custom_outputs })),
      looseInvoke(() => ({ output: "hi", custom_outputs })),
      looseStream(() => ({ output: "hi", custom_outputs })),
      looseStream(() => ({ output: [MESSAGE], custom_outputs })),
      yields({ ...done(MESSAGE), custom_outputs }),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one server after the other.
      await using served = await serve({ agents: agent });
      // oxlint-disable-next-line no-await-in-loop -- as above.
      const { body } = await postJson(`${served.url}/invocations`, IN);
      expect(body["custom_outputs"]).toEqual(custom_outputs);
      expect(outputText(body["output"])).toBe("hi");
    }
  });
});
