import { describe, expect, test } from "vitest";
import { events, post, postJson, STREAM, streamed } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

const delta = (id: string, text: string) => ({
  type: "response.output_text.delta",
  item_id: id,
  delta: text,
});
const yields = (...pieces: unknown[]) =>
  looseStream(async function* author() {
    yield* pieces;
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
