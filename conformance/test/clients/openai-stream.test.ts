import { ev, HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import { APIError, APIUserAbortError } from "openai";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, test, vi } from "vitest";
import {
  forecaster,
  greeter,
  GREETING,
  GREETING_TEXT,
  librarian,
  thinker,
  THOUGHT,
} from "./support/agents.js";
import { createEndlessAgent } from "./support/endless-agent.js";
import { createGate } from "./support/gate.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

const MODEL = "agent";

/** Three times the second that the behaviours allow a run to notice that its client left. */
const LEAVE_TIMEOUT = { timeout: 3_000, interval: 10 };

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

describe("openai: create({ stream: true })", () => {
  test("a piece of text arrives before the agent makes the next one", async () => {
    const gate = createGate();
    const client = openaiClient(
      await serveAgents(
        stream(async function* patient() {
          yield "first";
          await gate.opened;
          yield " second";
        }),
      ),
    );
    const events = await client.responses.create({ model: MODEL, input: "hi", stream: true });
    const deltas: string[] = [];
    for await (const event of events) {
      if (event.type !== "response.output_text.delta") continue;
      deltas.push(event.delta);
      gate.open();
    }
    expect(deltas).toEqual(["first", " second"]);
  });

  test("two streams at the same time keep to themselves", async () => {
    const gates = { a: createGate(), b: createGate() };
    const client = openaiClient(
      await serveAgents(
        stream(async function* echo(request) {
          yield `${request.input_text} begins, `;
          gates[request.input_text as "a" | "b"].open();
          await Promise.all([gates.a.opened, gates.b.opened]);
          yield `${request.input_text} ends`;
        }),
      ),
    );
    const [a, b] = await Promise.all(
      ["a", "b"].map((input) => client.responses.stream({ model: MODEL, input }).finalResponse()),
    );
    expect(a?.output_text).toBe("a begins, a ends");
    expect(b?.output_text).toBe("b begins, b ends");
    expect(a?.id).not.toBe(b?.id);
  });
});

describe("openai: a client that leaves", () => {
  test("B49 breaking out of a stream ends the agent's run", async () => {
    const endless = createEndlessAgent();
    const client = openaiClient(await serveAgents(endless.agents));
    const events = await client.responses.create({ model: MODEL, input: "hi", stream: true });
    for await (const event of events) {
      if (event.type === "response.output_text.delta") break;
    }
    await vi.waitFor(() => expect(endless.ended).toBe(1), LEAVE_TIMEOUT);
    expect(endless.reasons).toEqual(["client_disconnected"]);
    expect(endless.started).toBe(1);
  });

  test("B49 abort() of the streaming helper ends it too", async () => {
    const endless = createEndlessAgent();
    const client = openaiClient(await serveAgents(endless.agents));
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    runner.on("response.output_text.delta", () => runner.abort());
    await expect(runner.done()).rejects.toBeInstanceOf(APIUserAbortError);
    await vi.waitFor(() => expect(endless.ended).toBe(1), LEAVE_TIMEOUT);
    expect(endless.reasons).toEqual(["client_disconnected"]);
  });

  test("B50 aborting a call that does not stream aborts the agent's signal", async () => {
    const endless = createEndlessAgent();
    const client = openaiClient(await serveAgents(endless.agents));
    const controller = new AbortController();
    const answer = client.responses.create(
      { model: MODEL, input: "hi" },
      { signal: controller.signal },
    );
    const outcome = answer.catch((thrown: unknown) => thrown);
    await vi.waitFor(() => expect(endless.started).toBe(1), LEAVE_TIMEOUT);
    controller.abort();
    expect(await outcome).toBeInstanceOf(APIUserAbortError);
    await vi.waitFor(() => expect(endless.ended).toBe(1), LEAVE_TIMEOUT);
    expect(endless.reasons).toEqual(["client_disconnected"]);
  });
});

describe("openai: an agent that fails in the middle of a stream", () => {
  const failing = (error: unknown, runs: { count: number } = { count: 0 }) =>
    stream(async function* failsInTheMiddle() {
      runs.count += 1;
      yield "So far ";
      yield "so good";
      throw error;
    });

  test("B69 create({ stream: true }) raises the server's message after what came before it", async () => {
    const client = openaiClient(
      await serveAgents(failing(new HttpError(429, "The upstream model is overloaded."))),
    );
    const events = await client.responses.create({ model: MODEL, input: "hi", stream: true });
    const deltas: string[] = [];
    const consumed = (async () => {
      for await (const event of events) {
        if (event.type === "response.output_text.delta") deltas.push(event.delta);
      }
    })();
    const error: unknown = await consumed.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect((error as Error).message).toContain("The upstream model is overloaded.");
    expect(deltas.join("")).toBe("So far so good");
  });

  test("B69 responses.stream() raises it too", async () => {
    const client = openaiClient(
      await serveAgents(failing(new HttpError(503, "The upstream model is overloaded."))),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    await expect(runner.finalResponse()).rejects.toThrow("The upstream model is overloaded.");
  });

  test("B26 B69 what was not thrown on purpose reads as an internal error with the request's id", async () => {
    const client = openaiClient(await serveAgents(failing(new Error("secret"))));
    const { data: events, request_id: requestId } = await client.responses
      .create({ model: MODEL, input: "hi", stream: true })
      .withResponse();
    const error: unknown = await collect(events).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect((error as Error).message).toContain(`Internal server error (request ${requestId})`);
    expect(JSON.stringify(error)).not.toContain("secret");
  });

  test("B25 B69 exposeErrors shows it", async () => {
    const client = openaiClient(
      await serveAgents(failing(new Error("the disk is full")), { exposeErrors: true }),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    await expect(runner.finalResponse()).rejects.toThrow("the disk is full");
  });

  test("B69 a failure before the first event raises it, and the agent ran once", async () => {
    let runs = 0;
    const client = openaiClient(
      await serveAgents(
        // oxlint-disable-next-line require-yield -- it fails before it has anything to yield
        stream(async function* failsAtOnce() {
          runs += 1;
          throw new HttpError(500, "No model is loaded.");
        }),
      ),
    );
    const answer = async () =>
      collect(await client.responses.create({ model: MODEL, input: "hi", stream: true }));
    await expect(answer()).rejects.toThrow("No model is loaded.");
    expect(runs).toBe(1);
  });

  test("a failed stream runs the agent once", async () => {
    const runs = { count: 0 };
    const client = openaiClient(await serveAgents(failing(new Error("boom"), runs)));
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    await expect(runner.finalResponse()).rejects.toThrow("Internal server error");
    expect(runs.count).toBe(1);
  });
});
