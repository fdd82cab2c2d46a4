import { once } from "node:events";
import { HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import OpenAI, { APIError, BadRequestError, ConflictError, NotFoundError } from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { ResponsesWS } from "openai/resources/responses/ws";
import type {
  FunctionTool,
  Response,
  ResponsesClientEvent,
  ResponsesServerEvent,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { careful, cityAsJson, greeter, GREETING_TEXT, thinker } from "./support/agents.js";
import { createGate } from "./support/gate.js";
import { createModelAgent, told } from "./support/model-agent.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

const MODEL = "agent";
const UNKNOWN = "resp_000000000000000000000000";
const UNKNOWN_CONVERSATION = "conv_000000000000000000000000";

const WEATHER: FunctionTool = {
  type: "function",
  name: "get_weather",
  strict: null,
  parameters: { type: "object", properties: { location: { type: "string" } } },
};

/** What a stored response has that the answer to its request had not. */
const KEPT = { attempt_number: 1 };

/** What the SDK itself adds to an object it read. */
function withoutSdkFields(response: Response): object {
  const {
    _request_id,
    output_text: _text,
    ...rest
  } = response as Response & {
    _request_id?: unknown;
  };
  return rest;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The response once it has ended. */
async function ended(client: OpenAI, id: string): Promise<Response> {
  return vi.waitFor(
    async () => {
      const response = await client.responses.retrieve(id);
      expect(["queued", "in_progress"]).not.toContain(response.status);
      return response;
    },
    { timeout: 10_000, interval: 10 },
  );
}

/** Creates a response with a stream, and gives its events. */
async function streamed(client: OpenAI, fields: object = {}): Promise<ResponseStreamEvent[]> {
  const body = { model: MODEL, input: "hi", ...fields, stream: true } as const;
  return collect(await client.responses.create(body));
}

/** A message of the user's with an id of the client's own. */
const withId = (id: string, content: string) => ({
  type: "message" as const,
  role: "user" as const,
  content,
  id,
});

/** The error that a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<APIError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof APIError)) throw new Error(`no APIError: ${String(error)}`);
  return error;
}

/** An agent that says one word, waits for the gate, and says another; tells why it was stopped. */
function paused() {
  const gate = createGate();
  const reasons: unknown[] = [];
  const agent = stream(async function* pausedAgent(_request, { signal }) {
    yield "one ";
    await Promise.race([gate.opened, once(signal, "abort")]);
    if (signal.aborted) reasons.push((signal.reason as { code?: unknown }).code);
    yield "two";
  });
  return { agent, open: () => gate.open(), reasons };
}

describe("openai: responses.retrieve", () => {
  test("R40 gives the object that create gave, for an agent that streams or not", async () => {
    for (const agent of [greeter, thinker, invoke(() => "plain")]) {
      const client = openaiClient(await serveAgents(agent));
      const created = await client.responses.create({
        model: MODEL,
        input: "hi",
        metadata: { a: "1" },
      });
      const got = await client.responses.retrieve(created.id);
      expect(withoutSdkFields(got)).toEqual({ ...withoutSdkFields(created), ...KEPT });
      expect(got.output_text).toBe(created.output_text);
      expect(got._request_id).not.toBe(created._request_id);
    }
  });

  test("R40 gives the final object of a stream", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const final = await client.responses.stream({ model: MODEL, input: "hi" }).finalResponse();
    const got = await client.responses.retrieve(final.id);
    expect(got).toMatchObject({ id: final.id, status: "completed", output_text: GREETING_TEXT });
    expect(got.usage).toEqual(final.usage);
    expect(got.created_at).toBe(final.created_at);
  });

  test("R63 with stream: true gives every event of the stream again", async () => {
    const client = openaiClient(await serveAgents(thinker));
    const first = await streamed(client);
    const { id } = (first[0] as { response: Response }).response;
    const again = await collect(await client.responses.retrieve(id, { stream: true }));
    expect(again).toEqual(first);
    for (const after of [0, 3, first.length - 2]) {
      const rest = await collect(
        await client.responses.retrieve(id, { stream: true, starting_after: after }),
      );
      expect(rest).toEqual(first.slice(after + 1));
    }
  });

  test("R63 a stream that broke goes on where it was", async () => {
    const { agent, open } = paused();
    const client = openaiClient(await serveAgents(agent));
    const body = { model: MODEL, input: "hi", background: true, stream: true } as const;
    const live = await client.responses.create(body);
    const got: ResponseStreamEvent[] = [];
    for await (const event of live) {
      got.push(event);
      if (event.type === "response.output_text.delta") break;
    }
    const { id } = (got[0] as { response: Response }).response;
    const rest = client.responses.retrieve(id, {
      stream: true,
      starting_after: got.at(-1)!.sequence_number,
    });
    open();
    got.push(...(await collect(await rest)));
    expect(got.map((event) => event.sequence_number)).toEqual(got.map((_, at) => at));
    expect(got.at(-1)).toMatchObject({
      type: "response.completed",
      response: { output: [{ content: [{ text: "one two" }] }] },
    });
  });

  test("R63 a cursor without a stream is a BadRequestError", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const { id } = await client.responses.create({ model: MODEL, input: "hi" });
    const error = await refusal(client.responses.retrieve(id, { starting_after: 1 } as never));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe("starting_after");
  });
});

describe("openai: responses.stream of a response that is there", () => {
  test("R63 gives the whole response, and its text, again", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const { id } = await client.responses.create({ model: MODEL, input: "hi" });
    const texts: string[] = [];
    const replayed = client.responses.stream({ response_id: id });
    replayed.on("response.output_text.delta", ({ snapshot }) => texts.push(snapshot));
    const final = await replayed.finalResponse();
    expect(final).toMatchObject({ id, status: "completed", output_text: GREETING_TEXT });
    expect(texts.at(-1)).toBe(GREETING_TEXT);
  });

  test("R63 after a cursor gives the later events alone, and the whole response", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const all = await streamed(client);
    const { id } = (all[0] as { response: Response }).response;
    const replayed = client.responses.stream({ response_id: id, starting_after: 4 });
    const numbers: number[] = [];
    replayed.on("event", ({ sequence_number }) => numbers.push(sequence_number));
    const final = await replayed.finalResponse();
    expect(final.output_text).toBe(GREETING_TEXT);
    expect(numbers).toEqual(all.map((event) => event.sequence_number).slice(5));
  });

  test("B74 R63 follows a background response while it runs", async () => {
    const { agent, open } = paused();
    const client = openaiClient(await serveAgents(agent));
    const { id } = await client.responses.create({ model: MODEL, input: "hi", background: true });
    const following = client.responses.stream({ response_id: id });
    following.on("response.output_text.delta", open);
    const final = await following.finalResponse();
    expect(final).toMatchObject({ id, status: "completed", output_text: "one two" });
  });

  test("R41 of one that is not there is a NotFoundError", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const error = await refusal(client.responses.stream({ response_id: UNKNOWN }).finalResponse());
    expect(error).toBeInstanceOf(NotFoundError);
  });
});

describe("openai: responses.delete", () => {
  test("R41 resolves; then every call about it is a NotFoundError", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const { id } = await client.responses.create({ model: MODEL, input: "hi" });
    await client.responses.delete(id);
    const calls = [
      client.responses.retrieve(id),
      client.responses.retrieve(id, { stream: true }),
      client.responses.cancel(id),
      client.responses.delete(id),
      client.responses.inputItems.list(id),
    ];
    for (const error of await Promise.all(calls.map(refusal))) {
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error.message).toContain("not found");
      expect(error.requestID).toMatch(/./);
    }
    const next = await refusal(
      client.responses.create({ model: MODEL, input: "hi", previous_response_id: id }),
    );
    expect(next).toMatchObject({ status: 400, code: "previous_response_not_found" });
  });

  test("R41 of one that runs stops it", async () => {
    const { agent, reasons } = paused();
    const client = openaiClient(await serveAgents(agent));
    const { id } = await client.responses.create({ model: MODEL, input: "hi", background: true });
    await client.responses.delete(id);
    expect(await refusal(client.responses.retrieve(id))).toBeInstanceOf(NotFoundError);
    await vi.waitFor(() => expect(reasons).toHaveLength(1), { timeout: 5_000, interval: 10 });
  });
});

describe("openai: background responses", () => {
  test("B72 B74 create gives it at once, and it completes later", async () => {
    const { agent, open } = paused();
    const client = openaiClient(await serveAgents(agent));
    const response = await client.responses.create({ model: MODEL, input: "hi", background: true });
    expect(response).toMatchObject({ background: true, output: [], output_text: "" });
    expect(["queued", "in_progress"]).toContain(response.status);
    open();
    expect(await ended(client, response.id)).toMatchObject({
      status: "completed",
      background: true,
      output_text: "one two",
    });
  });

  test("R42 B82 cancel stops it, and cancelling again is the same", async () => {
    const { agent, reasons } = paused();
    const client = openaiClient(await serveAgents(agent));
    const { id } = await client.responses.create({ model: MODEL, input: "hi", background: true });
    const cancelled = await client.responses.cancel(id);
    expect(cancelled).toMatchObject({ id, status: "cancelled", error: null });
    expect(withoutSdkFields(await client.responses.cancel(id))).toEqual(
      withoutSdkFields(cancelled),
    );
    expect((await client.responses.retrieve(id)).status).toBe("cancelled");
    expect(reasons).toEqual(["cancelled"]);
  });

  test("R42 a stream that is being read ends when it is cancelled", async () => {
    const { agent } = paused();
    const client = openaiClient(await serveAgents(agent));
    const body = { model: MODEL, input: "hi", background: true, stream: true } as const;
    const got: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create(body)) {
      got.push(event);
      if (event.type === "response.output_text.delta")
        await client.responses.cancel((got[0] as { response: Response }).response.id);
    }
    expect(got.at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "cancelled", error: null },
    });
    // What was open is closed before: a strict helper reads it again without a complaint.
    const { id } = (got[0] as { response: Response }).response;
    const again = await client.responses.stream({ response_id: id }).finalResponse();
    expect(again.status).toBe("cancelled");
  });

  test("R42 one in the foreground is a BadRequestError", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const { id } = await client.responses.create({ model: MODEL, input: "hi" });
    const error = await refusal(client.responses.cancel(id));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.message).toContain("background");
  });

  test("R70 without store is a BadRequestError that names the field", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const body = { model: MODEL, input: "hi", background: true, store: false };
    const error = await refusal(client.responses.create(body));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe("background");
  });

  test("B75 one that fails says why, and is not run again", async () => {
    let runs = 0;
    const agent = invoke(() => {
      runs += 1;
      throw new HttpError(503, "No model is free.");
    });
    const client = openaiClient(await serveAgents(agent));
    const { id } = await client.responses.create({ model: MODEL, input: "hi", background: true });
    const failed = await ended(client, id);
    expect(failed).toMatchObject({ status: "failed", error: { message: "No model is free." } });
    expect(runs).toBe(1);
  });
});

describe("openai: what a response was asked", () => {
  test("R43 inputItems.list pages through all of it", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const texts = Array.from({ length: 45 }, (_, at) => `m${at}`);
    const { id } = await client.responses.create({
      model: MODEL,
      input: texts.map((content) => ({ role: "user" as const, content })),
    });
    const textOf = (item: object) => (item as { content: { text: string }[] }).content[0]!.text;
    const newestFirst = await collect(client.responses.inputItems.list(id));
    expect(newestFirst.map(textOf)).toEqual(texts.toReversed());
    const oldestFirst = await collect(
      client.responses.inputItems.list(id, { order: "asc", limit: 7 }),
    );
    expect(oldestFirst.map(textOf)).toEqual(texts);
    expect(new Set(oldestFirst.map((item) => item.id)).size).toBe(45);
    const page = await client.responses.inputItems.list(id, { after: newestFirst[40]!.id });
    expect(page.data.map(textOf)).toEqual(["m3", "m2", "m1", "m0"]);
    expect(page.hasNextPage()).toBe(false);
    const error = await refusal(client.responses.inputItems.list(id, { limit: 1_000 }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe("limit");
  });

  test("R21 R43 items that came with one id are paged through to the end", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const texts = ["a", "b", "c", "d"];
    const input = texts.map((content) => withId("msg_mine", content));
    const { id } = await client.responses.create({ model: MODEL, input });
    const items: object[] = [];
    for await (const item of client.responses.inputItems.list(id, { order: "asc", limit: 1 }))
      if (items.push(item) > texts.length) break;
    expect(items).toMatchObject(texts.map((text) => ({ content: [{ text }] })));
    expect(items[0]).toMatchObject({ id: "msg_mine" });
  });

  test("R43 it is the request's own input, calls and their outputs included", async () => {
    const client = openaiClient(await serveAgents(createModelAgent().agent));
    const first = await client.responses.create({
      model: MODEL,
      input: "Weather?",
      tools: [WEATHER],
    });
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error(JSON.stringify(first.output));
    const second = await client.responses.create({
      model: MODEL,
      previous_response_id: first.id,
      input: [{ type: "function_call_output", call_id: call.call_id, output: "sunny" }],
    });
    const items = await collect(client.responses.inputItems.list(second.id));
    expect(items).toEqual([
      expect.objectContaining({
        type: "function_call_output",
        id: expect.stringMatching(/./),
        status: "completed",
        call_id: call.call_id,
        output: "sunny",
      }),
    ]);
  });

  test("R44 inputTokens.count counts it, with or without what came before", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const count = async (body: OpenAI.Responses.InputTokenCountParams) => {
      const { object, input_tokens } = await client.responses.inputTokens.count(body);
      expect(object).toBe("response.input_tokens");
      return input_tokens;
    };
    const short = await count({ model: MODEL, input: "hi" });
    expect(short).toBeGreaterThan(0);
    expect(await count({ input: "hi", instructions: "Be brief." })).toBeGreaterThan(short);
    expect(await count({ input: "hi", tools: [WEATHER] })).toBeGreaterThan(short);
    const long = "hello there ".repeat(200);
    const { id } = await client.responses.create({ model: MODEL, input: long });
    expect(await count({ input: "hi", previous_response_id: id })).toBeGreaterThan(short + 300);
    const conversation = await client.conversations.create({
      items: [{ role: "user", content: long }],
    });
    expect(await count({ input: "hi", conversation: conversation.id })).toBeGreaterThan(
      short + 300,
    );
    expect(await count({ input: [] })).toBe(0);
    expect(await client.responses.inputTokens.count()).toMatchObject({ input_tokens: 0 });
  });
});

describe("openai: previous_response_id", () => {
  test("R46 a chain carries what was said, and not the instructions", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const first = await client.responses.create({
      model: MODEL,
      input: "one",
      instructions: "Be brief.",
    });
    const second = await client.responses.create({
      model: MODEL,
      input: "two",
      previous_response_id: first.id,
    });
    expect(second).toMatchObject({ previous_response_id: first.id, instructions: null });
    const third = await client.responses
      .stream({ model: MODEL, input: "three", previous_response_id: second.id })
      .finalResponse();
    expect(third.output_text).toBe("You said: three");
    expect(told(given[2])).toEqual([
      "user: one",
      "assistant: You said: one",
      "user: two",
      "assistant: You said: two",
      "user: three",
    ]);
  });

  test("R46 two answers may go on with the same response", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const first = await client.responses.create({ model: MODEL, input: "one" });
    for (const input of ["left", "right"])
      await client.responses.create({ model: MODEL, input, previous_response_id: first.id });
    expect(told(given[2])).toEqual(["user: one", "assistant: You said: one", "user: right"]);
  });

  test("R46 R50 input may be left out where there is something to go on with", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const { id } = await client.responses.create({ model: MODEL, input: "one" });
    const conversation = await client.conversations.create({
      items: [{ role: "user", content: "one" }],
    });
    for (const fields of [{ previous_response_id: id }, { conversation: conversation.id }]) {
      const response = await client.responses.create({ model: MODEL, ...fields });
      expect(response.status).toBe("completed");
      expect(told(given.at(-1))[0]).toBe("user: one");
      expect(await collect(client.responses.inputItems.list(response.id))).toEqual([]);
    }
    const error = await refusal(client.responses.create({ model: MODEL }));
    expect(error).toMatchObject({ status: 400, param: "input" });
  });

  for (const how of ["create", "stream", "background"] as const) {
    test(`R46 a function of the client's is answered by id (${how})`, async () => {
      const { agent, given } = createModelAgent();
      const client = openaiClient(await serveAgents(agent));
      const ask = async (fields: object): Promise<Response> => {
        const body = { model: MODEL, input: "", tools: [WEATHER], ...fields };
        if (how === "stream") return client.responses.stream(body).finalResponse();
        const background = how === "background";
        const response = await client.responses.create({ ...body, background, stream: false });
        return ended(client, response.id);
      };
      const first = await ask({ input: "What is the weather?" });
      const [call] = first.output;
      if (call?.type !== "function_call") throw new Error(JSON.stringify(first.output));
      expect(JSON.parse(call.arguments)).toEqual({ location: "Paris" });
      const second = await ask({
        previous_response_id: first.id,
        input: [{ type: "function_call_output", call_id: call.call_id, output: "sunny" }],
      });
      expect(second.output_text).toBe("It is sunny.");
      const third = await ask({ previous_response_id: second.id, input: "Thanks" });
      expect(third.output_text).toBe("You said: Thanks");
      expect(told(given[2])).toEqual([
        "user: What is the weather?",
        "function_call",
        "function_call_output",
        "assistant: It is sunny.",
        "user: Thanks",
      ]);
    });
  }

  test("R48 an output without its call is a BadRequestError that names the item", async () => {
    const client = openaiClient(await serveAgents(createModelAgent().agent));
    const first = await client.responses.create({ model: MODEL, input: "one" });
    const error = await refusal(
      client.responses.create({
        model: MODEL,
        previous_response_id: first.id,
        input: [{ type: "function_call_output", call_id: "call_nobody", output: "1" }],
      }),
    );
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.message).toContain("call_nobody");
    expect(error.param).toMatch(/^input/);
  });

  test("R47 an item_reference stands for the item that was stored", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const first = await client.responses.create({ model: MODEL, input: "one" });
    await client.responses.create({
      model: MODEL,
      input: [
        { type: "item_reference", id: first.output[0]!.id! },
        { role: "user", content: "two" },
      ],
    });
    expect(told(given[1])).toEqual(["assistant: You said: one", "user: two"]);
    const error = await refusal(
      client.responses.create({
        model: MODEL,
        input: [{ type: "item_reference", id: "msg_0123456789abcdef0123456701234567" }],
      }),
    );
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.param).toMatch(/^input/);
  });

  test("R46 an unknown one is a BadRequestError with code and param", async () => {
    const client = openaiClient(await serveAgents(greeter));
    for (const id of [UNKNOWN, "x", "resp_../../etc"]) {
      const error = await refusal(
        client.responses.create({ model: MODEL, input: "hi", previous_response_id: id }),
      );
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({
        code: "previous_response_not_found",
        param: "previous_response_id",
        type: "invalid_request_error",
      });
    }
  });

  test("R40 with store: false there is nothing to go on with", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const response = await client.responses.create({ model: MODEL, input: "hi", store: false });
    expect(response).toMatchObject({ store: false });
    expect(await refusal(client.responses.retrieve(response.id))).toBeInstanceOf(NotFoundError);
    const error = await refusal(
      client.responses.create({ model: MODEL, input: "?", previous_response_id: response.id }),
    );
    expect(error.code).toBe("previous_response_not_found");
  });
});

describe("openai: responses.compact", () => {
  test("R45 gives the user's messages and a compaction, which the next input takes", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const first = await client.responses.create({ model: MODEL, input: "one" });
    const second = await client.responses.create({
      model: MODEL,
      input: "two",
      previous_response_id: first.id,
    });
    const compacted = await client.responses.compact({
      model: MODEL,
      previous_response_id: second.id,
      prompt_cache_key: "k",
    });
    expect(compacted.object).toBe("response.compaction");
    expect(Number.isInteger(compacted.created_at)).toBe(true);
    expect(compacted.output.map(({ type }) => type)).toEqual(["message", "message", "compaction"]);
    const { usage } = compacted;
    expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
    const next = await client.responses.create({
      model: MODEL,
      input: [
        ...(compacted.output as OpenAI.Responses.ResponseInputItem[]),
        { role: "user", content: "three" },
      ],
    });
    expect(next.output_text).toBe("You said: three");
    // What the assistant said is not lost on the agent.
    expect(told(given[2]).toSorted()).toEqual(
      [
        "user: one",
        "user: two",
        "assistant: You said: one",
        "assistant: You said: two",
        "user: three",
      ].toSorted(),
    );
    // It is stored as it was sent, and can be gone on with and compacted again.
    const items = await collect(client.responses.inputItems.list(next.id, { order: "asc" }));
    expect(items.map(({ type }) => type)).toEqual(["message", "message", "compaction", "message"]);
    const again = await client.responses.compact({ model: MODEL, previous_response_id: next.id });
    expect(again.output.filter(({ type }) => type === "compaction")).toHaveLength(1);
    const last = await client.responses.create({
      model: MODEL,
      input: "four",
      previous_response_id: next.id,
    });
    expect(last.output_text).toBe("You said: four");
    expect(told(given[3])).toHaveLength(7);
  });

  test("R45 what was compacted is there once, whatever of it the client sends back", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const { output } = await client.responses.compact({
      model: MODEL,
      input: [
        { role: "user", content: "one" },
        { role: "assistant", content: "yes" },
        { role: "user", content: "two" },
      ],
    });
    const withoutIds = output.map((item) =>
      item.type === "message" ? { ...item, id: undefined } : item,
    );
    for (const sent of [output, withoutIds, output.slice(1), output.slice(-1)]) {
      const input = sent as unknown as OpenAI.Responses.ResponseInputItem[];
      await client.responses.create({ model: MODEL, input });
      expect(told(given.at(-1))).toEqual(["user: one", "assistant: yes", "user: two"]);
    }
  });

  test("R45 takes an input, and needs a model and something to compact", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const compacted = await client.responses.compact({ model: MODEL, input: "hello" });
    expect(compacted.output).toMatchObject([
      { type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] },
      { type: "compaction", encrypted_content: expect.stringMatching(/./) },
    ]);
    const wrong = [
      { body: { input: "hello" } as never, param: "model" },
      { body: { model: null, input: "hello" }, param: "model" },
      { body: { model: MODEL }, param: "input" },
    ];
    for (const { body, param } of wrong) {
      const error = await refusal(client.responses.compact(body));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error.param).toBe(param);
    }
  });

  test("R45 a compaction that was changed is a BadRequestError that names it", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const { output } = await client.responses.compact({ model: MODEL, input: "hello" });
    const compaction = output.at(-1);
    if (compaction?.type !== "compaction") throw new Error(JSON.stringify(output));
    const { encrypted_content: content } = compaction;
    for (const encrypted_content of [content.slice(0, -4), `${content.slice(0, -4)}AAAA`]) {
      const input = [{ type: "compaction" as const, encrypted_content }];
      const error = await refusal(client.responses.create({ model: MODEL, input }));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error.param).toBe("input[0].encrypted_content");
    }
  });
});

describe("openai: conversations", () => {
  test("R49 are created, retrieved, updated and deleted", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const empty = await client.conversations.create();
    expect(empty).toMatchObject({ object: "conversation", metadata: {} });
    const made = await client.conversations.create({
      metadata: { topic: "a" },
      items: [{ type: "message", role: "user", content: "hello" }],
    });
    expect(made.id).toMatch(/^conv_/);
    expect(Number.isInteger(made.created_at)).toBe(true);
    expect(await client.conversations.retrieve(made.id)).toEqual(made);
    const updated = await client.conversations.update(made.id, { metadata: { topic: "b" } });
    expect(updated).toEqual({ ...made, metadata: { topic: "b" } });
    const emptied = await client.conversations.update(made.id, { metadata: null });
    expect(emptied).toEqual({ ...made, metadata: {} });
    expect(await client.conversations.delete(made.id)).toMatchObject({
      id: made.id,
      object: "conversation.deleted",
      deleted: true,
    });
    const calls = [
      client.conversations.retrieve(made.id),
      client.conversations.update(made.id, { metadata: {} }),
      client.conversations.delete(made.id),
      client.conversations.items.list(made.id),
      client.conversations.items.create(made.id, { items: [{ role: "user", content: "x" }] }),
      client.responses.create({ model: MODEL, input: "hi", conversation: made.id }),
    ];
    for (const error of await Promise.all(calls.map(refusal))) {
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error.code).toBe("conversation_not_found");
    }
  });

  test("R49 items are created, listed page by page, retrieved and deleted", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const { id } = await client.conversations.create();
    for (const from of [0, 15, 30]) {
      const created = await client.conversations.items.create(id, {
        items: Array.from({ length: 15 }, (_, at) => ({
          role: "user" as const,
          content: `m${from + at}`,
        })),
      });
      expect(created.data).toHaveLength(15);
      expect(created).toMatchObject({
        object: "list",
        has_more: false,
        first_id: created.data[0]!.id,
        last_id: created.data[14]!.id,
      });
    }
    const textOf = (item: object) => (item as { content: { text: string }[] }).content[0]!.text;
    const newestFirst = await collect(client.conversations.items.list(id));
    expect(newestFirst.map(textOf)).toEqual(
      Array.from({ length: 45 }, (_, at) => `m${at}`).toReversed(),
    );
    const oldestFirst = await collect(
      client.conversations.items.list(id, { order: "asc", limit: 4 }),
    );
    expect(oldestFirst).toEqual(newestFirst.toReversed());
    const item = newestFirst[10]!;
    const at = { conversation_id: id };
    expect(await client.conversations.items.retrieve(item.id!, at)).toMatchObject(item);
    expect(await client.conversations.items.delete(item.id!, at)).toMatchObject({ id });
    for (const call of [
      client.conversations.items.retrieve(item.id!, at),
      client.conversations.items.delete(item.id!, at),
    ])
      expect(await refusal(call)).toBeInstanceOf(NotFoundError);
    const gone = await refusal(client.conversations.items.list(id, { after: item.id! }));
    expect(gone).toMatchObject({ status: 404, param: "after" });
    expect(await collect(client.conversations.items.list(id))).toHaveLength(44);
  });

  test("R21 R49 items that came with one id are all kept", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const texts = ["a", "b", "c"];
    const items = texts.map((content) => withId("msg_mine", content));
    const { id } = await client.conversations.create({ items });
    const { data } = await client.conversations.items.create(id, { items });
    expect(new Set(data.map((item) => item.id)).size).toBe(3);
    const all = await collect(client.conversations.items.list(id, { order: "asc", limit: 1 }));
    expect(all).toMatchObject([...texts, ...texts].map((text) => ({ content: [{ text }] })));
  });

  test("R50 a response is given what was said and adds its own, whatever the way it runs", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const { id } = await client.conversations.create({
      items: [{ role: "developer", content: "Be brief." }],
    });
    const first = await client.responses.create({
      model: MODEL,
      input: "What is the weather?",
      tools: [WEATHER],
      conversation: id,
    });
    expect(first.conversation).toEqual({ id });
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error(JSON.stringify(first.output));
    const second = await client.responses
      .stream({
        model: MODEL,
        conversation: { id },
        input: [{ type: "function_call_output", call_id: call.call_id, output: "sunny" }],
      })
      .finalResponse();
    expect(second.output_text).toBe("It is sunny.");
    const third = await client.responses.create({
      model: MODEL,
      input: "Thanks",
      conversation: id,
      background: true,
    });
    await ended(client, third.id);
    const said = [
      "developer: Be brief.",
      "user: What is the weather?",
      "function_call",
      "function_call_output",
      "assistant: It is sunny.",
      "user: Thanks",
    ];
    expect(told(given[2])).toEqual(said);
    const items = await collect(client.conversations.items.list(id, { order: "asc" }));
    expect(told({ input: items } as unknown as AgentRequest)).toEqual([
      ...said,
      "assistant: You said: Thanks",
    ]);
    for (const item of items) expect(item).toMatchObject({ id: expect.any(String) });
    // The response's own input is what was new.
    const own = await collect(client.responses.inputItems.list(third.id));
    expect(own).toHaveLength(1);
  });

  test("R51 a second run on one that is being written is a ConflictError, or comes after it", async () => {
    const { agent, open } = paused();
    const url = await serveAgents(agent);
    const client = openaiClient(url, { maxRetries: 0 });
    const { id } = await client.conversations.create();
    const body = { model: MODEL, input: "hi", conversation: id };
    const first = await client.responses.create({ ...body, background: true });
    const error = await refusal(client.responses.create(body));
    expect(error).toBeInstanceOf(ConflictError);
    expect(error.code).toBe("conversation_locked");
    // The SDK's own retries carry the same request over the wait.
    const patient = openaiClient(url, { maxRetries: 5 }).responses.create(body);
    open();
    expect((await patient).output_text).toBe("one two");
    expect((await ended(client, first.id)).status).toBe("completed");
  });

  test("R69 a previous response beside it is a BadRequestError", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const { id } = await client.conversations.create();
    const { id: previous_response_id } = await client.responses.create({
      model: MODEL,
      input: "hi",
    });
    const error = await refusal(
      client.responses.create({ model: MODEL, input: "?", conversation: id, previous_response_id }),
    );
    expect(error).toBeInstanceOf(BadRequestError);
  });

  test("R49 what is wrong is named", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const items = [{ role: "robot", content: "x" }] as never;
    const made = await refusal(client.conversations.create({ items }));
    expect(made).toMatchObject({ status: 400, param: "items[0].role" });
    const { id } = await client.conversations.create();
    const added = await refusal(client.conversations.items.create(id, { items }));
    expect(added).toMatchObject({ status: 400, param: "items[0].role" });
    const metadata = { a: "x".repeat(513) };
    const updated = await refusal(client.conversations.update(id, { metadata }));
    expect(updated.status).toBe(400);
    expect(updated.param).toMatch(/^metadata/);
    const missing = await refusal(client.conversations.retrieve(UNKNOWN_CONVERSATION));
    expect(missing).toMatchObject({ status: 404, code: "conversation_not_found" });
  });
});

describe("openai: approvals", () => {
  test.each([true, false])(
    "R66 the agent asks, and goes on with the answer %s",
    async (approve) => {
      const client = openaiClient(await serveAgents(careful));
      const first = await client.responses.create({ model: MODEL, input: "Clean up." });
      const [question] = first.output;
      if (question?.type !== "mcp_approval_request") throw new Error(JSON.stringify(first.output));
      expect(question).toMatchObject({ name: "delete", arguments: '{"file":"a.txt"}' });
      const answered = await client.responses
        .stream({
          model: MODEL,
          previous_response_id: first.id,
          input: [{ type: "mcp_approval_response", approval_request_id: question.id, approve }],
        })
        .finalResponse();
      expect(answered.output_text).toBe(approve ? "It is gone." : "It is still there.");
    },
  );
});

describe("openai: responses.parse of a chain", () => {
  test("R46 a second turn is parsed by its schema as the first is, streamed and retrieved", async () => {
    const City = z.object({ city: z.string(), population: z.number() });
    const client = openaiClient(await serveAgents(cityAsJson));
    const text = { format: zodTextFormat(City, "city") };
    const first = await client.responses.parse({ model: MODEL, input: "?", text });
    const second = await client.responses.parse({
      model: MODEL,
      input: "again",
      text,
      previous_response_id: first.id,
    });
    for (const { output_parsed } of [first, second])
      expect(output_parsed).toEqual({ city: "Paris", population: 2_100_000 });
    const replayed = await client.responses
      .stream({ response_id: second.id, text })
      .finalResponse();
    expect(replayed.output_parsed).toEqual({ city: "Paris", population: 2_100_000 });
    const got = await client.responses.retrieve(second.id);
    expect(got.text?.format).toEqual(second.text?.format);
  });
});

describe("openai: retries", () => {
  test("R6 a failure of the agent is not run again, and is stored as it failed", async () => {
    let runs = 0;
    const agent = invoke(() => {
      runs += 1;
      throw new HttpError(500, "Not today.");
    });
    const client = openaiClient(await serveAgents(agent));
    const error = await refusal(client.responses.create({ model: MODEL, input: "hi" }));
    expect(error.status).toBe(500);
    expect(error.headers?.get("x-should-retry")).toBe("false");
    expect(runs).toBe(1);
  });

  test("R55 the same Idempotency-Key runs the agent once", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const headers = { "Idempotency-Key": "order-17" };
    const body = { model: MODEL, input: "hi" };
    const [first, second] = await Promise.all([
      client.responses.create(body, { headers }),
      client.responses.create(body, { headers }),
    ]);
    const third = await client.responses.create(body, { headers });
    expect([second.id, third.id]).toEqual([first.id, first.id]);
    expect(third.output_text).toBe("You said: hi");
    expect(given).toHaveLength(1);
    const error = await refusal(client.responses.create({ ...body, input: "other" }, { headers }));
    expect(error.status).toBe(422);
  });
});

/** A turn: the events to the one that ends it. */
class Turns {
  readonly #socket: ResponsesWS;
  readonly #events: AsyncIterableIterator<{ type: string }>;

  constructor(client: OpenAI) {
    this.#socket = new ResponsesWS(client);
    this.#events = this.#socket.stream();
    onTestFinished(() => this.#socket.close());
  }

  send(fields: Omit<ResponsesClientEvent.ResponseCreate, "type">): void {
    this.#socket.send({ type: "response.create", model: MODEL, ...fields });
  }

  /** The events of a turn. Throws the error that refuses it. */
  async turn(): Promise<ResponsesServerEvent[]> {
    const all: ResponsesServerEvent[] = [];
    for (;;) {
      const { value, done } = await this.#events.next();
      if (done === true || value.type === "close") throw new Error("the socket closed");
      if (value.type === "error") throw (value as unknown as { error: Error }).error;
      if (value.type !== "message") continue;
      const { message } = value as unknown as { message: ResponsesServerEvent };
      all.push(message);
      if (/^response\.(completed|failed|incomplete)$/.test(message.type)) return all;
    }
  }

  /** The response of a turn. */
  async response(): Promise<Response> {
    return ((await this.turn()).at(-1) as { response: Response }).response;
  }
}

const outputText = ({ output }: Response): string =>
  output.map((item) => (item as { content?: { text: string }[] }).content?.[0]?.text).join();

describe("openai: ResponsesWS", () => {
  test("R56 R57 several turns over one connection, in order", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const turns = new Turns(client);
    for (const input of ["one", "two", "three"]) turns.send({ input });
    const ids: string[] = [];
    for (const input of ["one", "two", "three"]) {
      const events = await turns.turn();
      expect(events.map((event) => (event as { sequence_number: number }).sequence_number)).toEqual(
        events.map((_, at) => at),
      );
      expect(events[0]!.type).toBe("response.created");
      const { response } = events.at(-1) as { response: Response };
      expect(outputText(response)).toBe(`You said: ${input}`);
      ids.push(response.id);
    }
    expect(given).toHaveLength(3);
    // They are stored as any other.
    for (const id of ids) expect((await client.responses.retrieve(id)).status).toBe("completed");
  });

  test("R56 R46 a chain with a function of the client's, over the socket and HTTP", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const turns = new Turns(client);
    turns.send({ input: "What is the weather?", tools: [WEATHER] });
    const first = await turns.response();
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error(JSON.stringify(first.output));
    turns.send({
      previous_response_id: first.id,
      input: [{ type: "function_call_output", call_id: call.call_id, output: "sunny" }],
    });
    const second = await turns.response();
    expect(outputText(second)).toBe("It is sunny.");
    const third = await client.responses.create({
      model: MODEL,
      input: "Thanks",
      previous_response_id: second.id,
    });
    turns.send({ input: "Bye", previous_response_id: third.id });
    expect(outputText(await turns.response())).toBe("You said: Bye");
    expect(told(given[3])).toEqual([
      "user: What is the weather?",
      "function_call",
      "function_call_output",
      "assistant: It is sunny.",
      "user: Thanks",
      "assistant: You said: Thanks",
      "user: Bye",
    ]);
  });

  test("R58 R59 with store: false the connection alone remembers, and forgets after a failure", async () => {
    const { agent, given } = createModelAgent();
    const client = openaiClient(await serveAgents(agent));
    const turns = new Turns(client);
    turns.send({ input: "one", store: false });
    const first = await turns.response();
    turns.send({ input: "two", store: false, previous_response_id: first.id });
    const second = await turns.response();
    turns.send({ input: "three", store: false, previous_response_id: second.id });
    const third = await turns.response();
    expect(told(given[2])).toEqual([
      "user: one",
      "assistant: You said: one",
      "user: two",
      "assistant: You said: two",
      "user: three",
    ]);
    for (const { id } of [first, second, third])
      expect(await refusal(client.responses.retrieve(id))).toBeInstanceOf(NotFoundError);
    const input = [{ type: "function_call_output" as const, call_id: "call_nobody", output: "1" }];
    turns.send({ input, store: false, previous_response_id: third.id });
    await expect(turns.turn()).rejects.toThrow("call_nobody");
    turns.send({ input: "four", store: false, previous_response_id: third.id });
    await expect(turns.turn()).rejects.toMatchObject({
      error: { status: 400, error: { code: "previous_response_not_found" } },
    });
    turns.send({ input: "five", store: false });
    expect(outputText(await turns.response())).toBe("You said: five");
  });

  test("R60 a request that is refused is an error, and the next one is answered", async () => {
    const client = openaiClient(
      await serveAgents([invoke({ name: "a" }, () => "a"), invoke({ name: "b" }, () => "b")]),
    );
    const turns = new Turns(client);
    turns.send({ model: "nobody", input: "hi" });
    await expect(turns.turn()).rejects.toMatchObject({
      error: { status: 404, error: { code: "model_not_found", param: "model" } },
    });
    turns.send({ model: "b", input: "hi", background: true });
    await expect(turns.turn()).rejects.toThrow("background");
    turns.send({ model: "b", input: "hi", stream: true });
    expect(outputText(await turns.response())).toBe("b");
  });

  test("R60 an agent that fails is response.failed with its message", async () => {
    const agent = stream(async function* failing() {
      yield "So far so good";
      throw new HttpError(503, "The model is overloaded.");
    });
    const turns = new Turns(openaiClient(await serveAgents(agent)));
    turns.send({ input: "hi" });
    const failed = await turns.response();
    expect(failed).toMatchObject({
      status: "failed",
      error: { message: "The model is overloaded." },
    });
  });
});
