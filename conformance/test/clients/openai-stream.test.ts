import { ev, invoke, stream } from "@wheelhouse/agent-sdk";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import {
  forecaster,
  greeter,
  GREETING,
  GREETING_TEXT,
  librarian,
  thinker,
  THOUGHT,
} from "./support/agents.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

const MODEL = "agent";

const WEATHER_TOOLS = [
  { type: "function" as const, name: "get_weather", parameters: { type: "object" }, strict: false },
];

async function collect(events: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const all: ResponseStreamEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const textDeltas = (events: readonly ResponseStreamEvent[]): string[] =>
  events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));

describe("openai: responses.stream()", () => {
  test("B68 created comes first, sequence numbers grow, completed comes last", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    const events = await collect(runner);
    expect(events.at(0)?.type).toBe("response.created");
    expect(events.at(-1)?.type).toBe("response.completed");
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(textDeltas(events)).toEqual(GREETING);

    const final = await runner.finalResponse();
    expect(final.id).toMatch(/^resp_/);
    expect(final.status).toBe("completed");
    expect(final.output_text).toBe(GREETING_TEXT);
    expect(final.usage?.total_tokens).toBe(18);
    const ids = events.flatMap((event) => ("response" in event ? [event.response.id] : []));
    expect(new Set(ids)).toEqual(new Set([final.id]));
  });

  test("B68 each piece of text reaches its listeners with the text so far", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const snapshots: string[] = [];
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    runner.on("response.output_text.delta", (event) => snapshots.push(event.snapshot));
    await runner.done();
    expect(snapshots).toEqual(["Hello ", "Hello from ", GREETING_TEXT]);
  });

  test("a function call is accumulated piece by piece", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* caller() {
          yield ev.callArgs("call_1", '{"ci', "get_weather");
          yield ev.callArgs("call_1", 'ty":"Oslo"}');
        }),
      ),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi", tools: WEATHER_TOOLS });
    const deltas: string[] = [];
    runner.on("response.function_call_arguments.delta", (event) => deltas.push(event.delta));
    const final = await runner.finalResponse();
    expect(deltas.join("")).toBe('{"city":"Oslo"}');
    expect(final.output).toMatchObject([
      {
        type: "function_call",
        call_id: "call_1",
        name: "get_weather",
        arguments: '{"city":"Oslo"}',
        status: "completed",
      },
    ]);
  });

  test("a function call round trip works while streaming", async () => {
    const client = openaiClient(await serveAgents(forecaster));
    const first = await client.responses
      .stream({ model: MODEL, input: "Weather?", tools: WEATHER_TOOLS })
      .finalResponse();
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error(`unexpected ${JSON.stringify(call)}`);
    const { parsed_arguments: _parsed, ...sentBack } = call;
    const second = await client.responses
      .stream({
        model: MODEL,
        input: [
          { role: "user", content: "Weather?" },
          sentBack,
          { type: "function_call_output", call_id: call.call_id, output: "grey" },
        ],
        tools: WEATHER_TOOLS,
      })
      .finalResponse();
    expect(second.output_text).toBe("The weather is grey.");
  });

  test("reasoning is streamed as a summary, before the answer", async () => {
    const client = openaiClient(await serveAgents(thinker));
    const runner = client.responses.stream({ model: MODEL, input: "2+2?" });
    const events = await collect(runner);
    const thoughts = events.flatMap((event) =>
      event.type === "response.reasoning_summary_text.delta" ? [event.delta] : [],
    );
    expect(thoughts.join("")).toBe(THOUGHT);
    const final = await runner.finalResponse();
    expect(final.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
    expect(final.output[0]).toMatchObject({ summary: [{ text: THOUGHT }] });
    expect(final.output_text).toBe("4");
  });

  test("a refusal is streamed as one", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* refuser() {
          yield ev.refusal("I will ");
          yield ev.refusal("not.");
        }),
      ),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    const refusals: string[] = [];
    runner.on("response.refusal.delta", (event) => refusals.push(event.delta));
    const final = await runner.finalResponse();
    expect(refusals.join("")).toBe("I will not.");
    expect(final.output).toMatchObject([
      { type: "message", content: [{ type: "refusal", refusal: "I will not." }] },
    ]);
  });

  test("a citation arrives as an annotation of the text", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* scholar() {
          yield "Water boils.";
          yield ev.cite("https://example.com/water", "Water", [0, 5]);
          yield " At 100 °C.";
        }),
      ),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    const events = await collect(runner);
    const annotation = {
      type: "url_citation",
      url: "https://example.com/water",
      title: "Water",
      start_index: 0,
      end_index: 5,
    };
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "response.output_text.annotation.added",
        annotation: expect.objectContaining(annotation),
      }),
    );
    const final = await runner.finalResponse();
    expect(final.output_text).toBe("Water boils. At 100 °C.");
    expect(final.output).toMatchObject([{ content: [{ annotations: [annotation] }] }]);
  });

  test("a tool that the server ran does not disturb the helper", async () => {
    const client = openaiClient(await serveAgents(librarian));
    const final = await client.responses.stream({ model: MODEL, input: "hi" }).finalResponse();
    expect(final.output).toMatchObject([
      { type: "mcp_call", name: "lookup", output: "42" },
      { type: "message" },
    ]);
    expect(final.output_text).toBe("The answer is 42.");
  });

  test.each(["pair", "hidden"] as const)(
    "serverTools %s does not disturb it either",
    async (form) => {
      const client = openaiClient(
        await serveAgents(
          stream({ serverTools: form }, async function* librarianToo() {
            yield ev.call("call_lookup", "lookup", { topic: "answer" });
            yield ev.result("call_lookup", "42");
            yield "The answer is 42.";
          }),
        ),
      );
      const final = await client.responses.stream({ model: MODEL, input: "hi" }).finalResponse();
      expect(final.output_text).toBe("The answer is 42.");
      expect(final.output.map(({ type }) => type)).toEqual(
        form === "pair" ? ["function_call", "function_call_output", "message"] : ["message"],
      );
    },
  );

  test("an author's own events stay away from the helper, which knows none but OpenAI's", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* chatty() {
          yield ev.custom("progress", { percent: 10 });
          yield "Hello";
          yield ev.custom("progress", { percent: 90 });
        }),
      ),
    );
    const final = await client.responses.stream({ model: MODEL, input: "hi" }).finalResponse();
    expect(final.output_text).toBe("Hello");
  });

  test("MLflow's sparse events are made whole", async () => {
    const text = "Hello there";
    const client = openaiClient(
      await serveAgents(
        stream(async function* sparse() {
          yield { type: "response.output_text.delta", item_id: "msg_1", delta: "Hello " };
          yield { type: "response.output_text.delta", item_id: "msg_1", delta: "there" };
          yield {
            type: "response.output_item.done",
            item: {
              type: "message",
              id: "msg_1",
              role: "assistant",
              content: [{ type: "output_text", text }],
            },
          };
        }),
      ),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    const events = await collect(runner);
    expect(textDeltas(events).join("")).toBe(text);
    expect((await runner.finalResponse()).output_text).toBe(text);
  });

  test("an agent that reuses an item's id for a call gets an id of its own for each item", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* reusesIds() {
          const id = "msg_1";
          const content = [{ type: "output_text", text: "Let me see." }];
          yield { type: "response.output_text.delta", item_id: id, delta: "Let me see." };
          yield {
            type: "response.output_item.done",
            item: { type: "message", id, role: "assistant", content },
          };
          const call = { call_id: "call_1", name: "get_weather", arguments: "{}" };
          yield { type: "response.output_item.done", item: { type: "function_call", id, ...call } };
        }),
      ),
    );
    const final = await client.responses
      .stream({ model: MODEL, input: "hi", tools: WEATHER_TOOLS })
      .finalResponse();
    expect(final.output.map(({ type }) => type)).toEqual(["message", "function_call"]);
    expect(new Set(final.output.map(({ id }) => id)).size).toBe(2);
  });

  test("the life cycle of an upstream model's responses is not taken for the run's own", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* relay() {
          for (const [index, text] of ["one", "two"].entries()) {
            const response = { id: `resp_upstream_${index}`, object: "response", output: [] };
            const item_id = `msg_upstream_${index}`;
            const item = { type: "message", id: item_id, role: "assistant" };
            const content = [{ type: "output_text", text, annotations: [] }];
            yield { type: "response.created", sequence_number: 0, response };
            yield {
              type: "response.output_item.added",
              sequence_number: 1,
              output_index: 0,
              item: { ...item, status: "in_progress", content: [] },
            };
            yield {
              type: "response.output_text.delta",
              sequence_number: 2,
              output_index: 0,
              content_index: 0,
              item_id,
              delta: text,
            };
            yield {
              type: "response.output_item.done",
              sequence_number: 3,
              output_index: 0,
              item: { ...item, status: "completed", content },
            };
            yield { type: "response.completed", sequence_number: 4, response };
          }
        }),
      ),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    const events = await collect(runner);
    expect(events.filter(({ type }) => type === "response.created").length).toBe(1);
    expect(events.filter(({ type }) => type === "response.completed").length).toBe(1);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(textDeltas(events)).toEqual(["one", "two"]);
    const final = await runner.finalResponse();
    expect(final.output.length).toBe(2);
    expect(final.output_text).toBe("onetwo");
    expect(final.id).not.toContain("upstream");
  });

  test("two texts that are open at the same time do not mix", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* twoVoices() {
          yield ev.text("left ", "l");
          yield ev.text("right ", "r");
          yield ev.text("hand", "l");
          yield ev.text("foot", "r");
        }),
      ),
    );
    const final = await client.responses.stream({ model: MODEL, input: "hi" }).finalResponse();
    expect(final.output).toMatchObject([
      { type: "message", content: [{ text: "left hand" }] },
      { type: "message", content: [{ text: "right foot" }] },
    ]);
  });

  test("B24a an agent that only has an invoke function streams its answer", async () => {
    const client = openaiClient(await serveAgents(invoke(() => "All at once")));
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    const events = await collect(runner);
    expect(textDeltas(events).join("")).toBe("All at once");
    expect((await runner.finalResponse()).output_text).toBe("All at once");
  });

  test("an answer cut short ends with response.incomplete", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* cutShort() {
          yield "It began";
          yield ev.incomplete("max_output_tokens");
        }),
      ),
    );
    const events = await collect(
      await client.responses.create({ model: MODEL, input: "hi", stream: true }),
    );
    expect(events.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: {
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        output: [{ status: "incomplete", content: [{ text: "It began" }] }],
      },
    });
  });
});
