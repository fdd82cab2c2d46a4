import { ev } from "@wheelhouse/agent-sdk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  events,
  IN,
  type Json,
  outputText,
  post,
  postJson,
  STREAM,
  streamed,
} from "./support/http.js";
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

describe("a base agent", () => {
  const base = { agentType: null };

  test("B22 any object goes in and out unchanged", async () => {
    const seen: unknown[] = [];
    const agent = looseInvoke((request) => {
      seen.push({ ...request });
      return { anything: [1, null] };
    });
    await using served = await serve({ agents: agent, ...base });
    const body = { tools: "no list", input: 5, text: null, stream: false, custom_inputs: 3 };
    const answer = await postJson(`${served.url}/invocations`, body);
    expect(answer).toEqual({ status: 200, body: { anything: [1, null] } });
    expect(seen).toEqual([{ tools: "no list", input: 5, text: null, custom_inputs: 3 }]);
  });

  test("B22 a streamed one passes its chunks, whatever the body holds", async () => {
    const agent = looseStream(
      function* author() {
        yield { a: 1 };
        yield { type: "response.output_text.delta" };
      },
      { concurrency: 1 },
    );
    await using served = await serve({ agents: agent, ...base });
    for (const body of [{}, { tools: {} }, { tools: [null], metadata: 1, reasoning: "x" }])
      // oxlint-disable-next-line no-await-in-loop -- one place.
      expect(await streamed(`${served.url}/invocations`, body)).toEqual([
        { a: 1 },
        { type: "response.output_text.delta" },
      ]);
  });

  test("B30 a chunk that is no object ends the stream", async () => {
    await using served = await serve({ agents: yields({ a: 1 }, "text"), ...base });
    const [first, error, ...more] = await streamed(`${served.url}/invocations`);
    expect([first, more]).toEqual([{ a: 1 }, []]);
    expect(error!["error"]).toMatch(/^Result needs to be a/);
  });
});

describe("the trace frame", () => {
  const headers = { "x-mlflow-return-trace-id": "True" };
  const trace = { trace_id: expect.stringMatching(/^tr-[0-9a-f]{32}$/) };
  const cases: [string, unknown, object, number][] = [
    ["B43 a stream", yields(delta("m1", "a")), {}, 2],
    ["B43 one of the vocabulary", yields("a"), {}, 3],
    ["B45 one that fails", yields(5), {}, 2],
  ];
  for (const [name, agent, options, length] of cases)
    test(`${name} has it right before [DONE]`, async () => {
      await using served = await serve({ agents: agent, ...options });
      const all = await events(await post(`${served.url}/invocations`, STREAM, { headers }));
      expect(all).toHaveLength(length);
      expect(all.at(-1)).toEqual(trace);
      expect(all.filter((event) => "trace_id" in event)).toHaveLength(1);
    });

  test("B44 a base agent has none", async () => {
    await using served = await serve({ agents: yields({ a: 1 }), agentType: null });
    const response = await post(`${served.url}/invocations`, STREAM, { headers });
    expect(await events(response)).toEqual([{ a: 1 }]);
  });
});
