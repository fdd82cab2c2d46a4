import { createAgentServer } from "@wheelhouse/agent-server";
import { silentLogger } from "@wheelhouse/core";
import { ev, HttpError, stream } from "@wheelhouse/agent-sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import type { Json } from "../support/index.js";
import { openSocket } from "../support/socket-client.js";
import { createModelAgent } from "./support/model-agent.js";
import {
  CompactResource,
  ResponseResource,
  SocketError,
  StreamEvent,
} from "./support/open-responses-schemas.js";
import { serveAgents } from "./support/serve-agents.js";

/** A blue dot. */
const IMAGE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADAgH/p9bJ7gAAAABJRU5ErkJggg==";

const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "The weather of a place",
  parameters: {
    type: "object",
    properties: { location: { type: "string" } },
    required: ["location"],
  },
};

const user = (content: unknown) => ({ type: "message", role: "user", content });
const assistant = (content: string, phase?: string) => ({
  type: "message",
  role: "assistant",
  content,
  ...(phase === undefined ? {} : { phase }),
});

/** Throws what is wrong with a value, and the value. */
function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`${result.error.message} in ${JSON.stringify(value)}`);
}

/** Sends a body as the suite does. */
async function send(url: string, body: object, path = "responses"): Promise<Response> {
  return fetch(`${url}/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer none" },
    body: JSON.stringify(body),
  });
}

/** A whole answer that completed with something in it. */
async function whole(url: string, body: object): Promise<ResponseResource> {
  const answer = await send(url, { model: "agent", ...body, stream: false });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  const response = checked(ResponseResource, await answer.json());
  expect(response.status).toBe("completed");
  expect(response.output).not.toEqual([]);
  return response;
}

/**
 * The events of a stream, read as the suite's reader does: a frame that goes over the end of a network
 * chunk, or whose lines end with more than a line feed, is lost to it. Here that is an error.
 */
async function inWholeChunks(answer: Response): Promise<StreamEvent[]> {
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const events: StreamEvent[] = [];
  let isDone = false;
  for await (const bytes of answer.body!) {
    const chunk = Buffer.from(bytes).toString("utf8");
    if (chunk.includes("\r") || !chunk.endsWith("\n\n"))
      throw new Error(`no whole frames: ${JSON.stringify(chunk)}`);
    for (const frame of chunk.slice(0, -2).split("\n\n")) {
      if (frame.startsWith(":")) continue;
      if (isDone) throw new Error(`after [DONE]: ${frame}`);
      if (frame === "data: [DONE]") {
        isDone = true;
        continue;
      }
      const [, type, data] = /^event: (.+)\ndata: (.+)$/.exec(frame) ?? [];
      if (data === undefined) throw new Error(`no frame: ${JSON.stringify(frame)}`);
      const event = checked(StreamEvent, JSON.parse(data));
      expect(event.type).toBe(type);
      expect(event.sequence_number).toBe(events.length);
      events.push(event);
    }
  }
  expect(isDone).toBe(true);
  return events;
}

/** The response of a stream's last event. */
function finalOf(events: readonly StreamEvent[]): ResponseResource {
  const last = events.at(-1);
  if (last === undefined || !("response" in last)) throw new Error(JSON.stringify(last));
  return last.response as ResponseResource;
}

/** A turn of a WebSocket: its response, or the code that it is refused with. */
interface Turn {
  readonly response?: ResponseResource;
  readonly refused?: string;
}

/** Opens a WebSocket, and sends each message when the turn before it has ended. */
async function turnsOf(
  url: string,
  ...messages: (object | ((earlier: readonly Turn[]) => object))[]
): Promise<Turn[]> {
  await using socket = await openSocket(url);
  const turns: Turn[] = [];
  for (const message of messages) {
    const body = typeof message === "function" ? message(turns) : message;
    socket.send({ type: "response.create", model: "agent", ...body });
    const received: Json[] = await socket.turn();
    if (received.at(-1)!["type"] === "error") {
      expect(received).toHaveLength(1);
      turns.push({ refused: checked(SocketError, received[0]).error.code });
      continue;
    }
    const events = received.map((event) => checked(StreamEvent, event));
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, at) => at));
    turns.push({ response: finalOf(events) });
  }
  return turns;
}

const completed = { response: { status: "completed" } };
const notFound = { refused: "previous_response_not_found" };
const idOf = (turn: Turn | undefined): string => {
  if (turn?.response === undefined) throw new Error(`no response: ${JSON.stringify(turn)}`);
  return turn.response.id;
};

/** The suite: the rules that a test is for, its name there, and what it does. */
const SUITE: readonly [rules: string, id: string, run: (url: string) => Promise<void>][] = [
  [
    "R16 R19",
    "basic-response",
    async (url) => {
      await whole(url, { input: [user("Say hello in three words.")] });
    },
  ],
  [
    "R16 R35",
    "assistant-phase",
    async (url) => {
      await whole(url, {
        input: [
          user("Plan a trip."),
          assistant("Let me think.", "commentary"),
          assistant("Go to Rome.", "final_answer"),
          user("And then?"),
        ],
      });
    },
  ],
  [
    "R35",
    "response-output-phase-schema",
    async (url) => {
      // There it is a fixture alone; here what was said with a phase comes back with it.
      const { id } = await whole(url, { input: [assistant("Hm.", "commentary"), user("And?")] });
      const listed = await fetch(`${url}/v1/responses/${id}/input_items?order=asc`);
      const { data } = (await listed.json()) as { data: Json[] };
      expect(data[0]).toMatchObject({ role: "assistant", phase: "commentary" });
    },
  ],
  [
    "R7 R15 R16 R38",
    "streaming-response",
    async (url) => {
      const body = { model: "agent", input: [user("Count to five.")], stream: true };
      const events = await inWholeChunks(await send(url, body));
      expect(events.length).toBeGreaterThan(0);
      expect(finalOf(events).status).toBe("completed");
    },
  ],
  [
    "R16",
    "system-prompt",
    async (url) => {
      const system = { type: "message", role: "system", content: "You are a pirate." };
      await whole(url, { input: [system, user("Say hello.")] });
    },
  ],
  [
    "R16 R18",
    "tool-calling",
    async (url) => {
      const input = [user("What's the weather like in San Francisco?")];
      const { output, tools } = await whole(url, { input, tools: [WEATHER] });
      expect(output).toContainEqual(
        expect.objectContaining({ type: "function_call", name: "get_weather" }),
      );
      expect(tools).toMatchObject([WEATHER]);
    },
  ],
  [
    "R16",
    "image-input",
    async (url) => {
      const text = { type: "input_text", text: "What is in this picture?" };
      await whole(url, { input: [user([text, { type: "input_image", image_url: IMAGE }])] });
    },
  ],
  [
    "R16 R35",
    "multi-turn",
    async (url) => {
      const input = [user("I am Alice."), assistant("Hello Alice!"), user("Who am I?")];
      await whole(url, { input });
    },
  ],
  [
    "R45",
    "compact-response",
    async (url) => {
      const input = [user("I am Alice."), assistant("Hello Alice!"), user("Who am I?")];
      const body = { model: "agent", input, prompt_cache_key: "suite" };
      const answer = await send(url, body, "responses/compact");
      expect(answer.status).toBe(200);
      const { output } = checked(CompactResource, await answer.json());
      expect(output.filter(({ type }) => type === "compaction")).toHaveLength(1);
    },
  ],
  [
    "R45",
    "compact-missing-model",
    async (url) => {
      const answer = await send(url, { input: [user("Hello")] }, "responses/compact");
      expect([400, 422]).toContain(answer.status);
    },
  ],
  [
    "R56",
    "websocket-response",
    async (url) => {
      const turns = await turnsOf(url, { input: [user("Count to three.")] });
      expect(turns).toMatchObject([completed]);
      expect(turns[0]!.response!.output).not.toEqual([]);
    },
  ],
  [
    "R57",
    "websocket-sequential-responses",
    async (url) => {
      const turn = (input: string) => ({ store: false, input });
      const turns = await turnsOf(url, turn("Say: first"), turn("Say: second"));
      expect(turns).toMatchObject([completed, completed]);
      expect(idOf(turns[0])).not.toBe(idOf(turns[1]));
    },
  ],
  [
    "R58",
    "websocket-continuation",
    async (url) => {
      const turns = await turnsOf(
        url,
        { store: false, input: "The code word is cobalt." },
        ([first]) => ({
          store: false,
          previous_response_id: idOf(first),
          input: "What is the code word?",
        }),
      );
      expect(turns).toMatchObject([completed, completed]);
      expect(turns[1]!.response!.previous_response_id).toBe(idOf(turns[0]));
    },
  ],
  [
    "R58",
    "websocket-reconnect-store-false-recovery",
    async (url) => {
      const [first] = await turnsOf(url, { store: false, input: "Remember cobalt." });
      const turns = await turnsOf(
        url,
        { store: false, previous_response_id: idOf(first), input: "What was it?" },
        { store: false, input: "Start again." },
      );
      expect(turns).toMatchObject([notFound, completed]);
    },
  ],
  [
    "R58 R60",
    "websocket-previous-response-not-found",
    async (url) => {
      const previous_response_id = `resp_missing_${Date.now()}`;
      const turns = await turnsOf(url, { store: false, previous_response_id, input: "Hello?" });
      expect(turns).toEqual([notFound]);
    },
  ],
  [
    "R48 R59",
    "websocket-failed-continuation-evicts-cache",
    async (url) => {
      const output = { type: "function_call_output", call_id: "call_missing", output: "nothing" };
      const [first, failed, retried] = await turnsOf(
        url,
        { store: false, input: "Remember ember." },
        ([before]) => ({ store: false, previous_response_id: idOf(before), input: [output] }),
        ([before]) => ({ store: false, previous_response_id: idOf(before), input: "Go on." }),
      );
      expect(first).toMatchObject(completed);
      expect(failed!.refused ?? failed!.response?.status).toMatch(/^(?:invalid_.*|failed)$/);
      expect(retried).toEqual(notFound);
    },
  ],
  [
    "R45 R56",
    "websocket-compact-new-chain",
    async (url) => {
      const input = [user("The code word is jade."), assistant("OK"), user("Thanks")];
      const answer = await send(url, { model: "agent", input }, "responses/compact");
      const { output } = checked(CompactResource, await answer.json());
      const turns = await turnsOf(url, { store: false, input: [...output, user("Which word?")] });
      expect(turns).toMatchObject([completed]);
    },
  ],
];

describe("the Open Responses suite", () => {
  const server = createAgentServer({ logger: silentLogger, agents: createModelAgent().agent });
  let url: string;
  beforeAll(async () => {
    ({ url } = await server.listen({ port: 0, host: "127.0.0.1" }));
  });
  afterAll(() => server.close({ graceMs: 0 }));

  test("has 17 tests", () => {
    expect(new Set(SUITE.map(([, id]) => id)).size).toBe(17);
  });

  test.concurrent.each(SUITE)("%s %s", async (_rules, _id, run) => {
    await expect(run(url)).resolves.toBeUndefined();
  });

  test("R57 R58 all of it at once, five times over, on one server", async () => {
    const runs = Array.from({ length: 5 }, () => SUITE).flat();
    const results = await Promise.allSettled(runs.map(async ([, , run]) => run(url)));
    const failed = results.flatMap((result, at) =>
      result.status === "rejected" ? [`${runs[at]![1]}: ${String(result.reason)}`] : [],
    );
    expect(failed).toEqual([]);
  });
});

describe("the Open Responses schemas", () => {
  const streamOf = async (agent: unknown, body: object = {}): Promise<StreamEvent[]> => {
    const url = await serveAgents(agent);
    const sent = { model: "agent", input: "hi", ...body, stream: true };
    return inWholeChunks(await send(url, sent));
  };

  test("R15 R38 hold for all that the union has, and every frame is in one chunk", async () => {
    const agent = stream(async function* everything() {
      yield ev.reasoning("I think.");
      yield "Water boils\r\n at 100 °C: ";
      yield "水".repeat(2_000);
      yield ev.cite("https://example.com/", "Water", [0, 5]);
      yield ev.refusal("No more.");
      yield ev.callArgs("call_1", '{"a":', "f");
      yield ev.callArgs("call_1", "1}");
      yield ev.usage(3, 4);
    });
    const events = await streamOf(agent, { tools: [{ ...WEATHER, name: "f" }] });
    const types = new Set<string>(events.map(({ type }) => type));
    for (const type of [
      "response.reasoning_summary_text.delta",
      "response.output_text.annotation.added",
      "response.refusal.done",
      "response.function_call_arguments.done",
    ])
      expect(types).toContain(type);
    expect(finalOf(events).status).toBe("completed");
  });

  test("R25 R30 hold for an answer that fails or is cut short", async () => {
    const failing = stream(async function* failing() {
      yield "So far so good";
      throw new HttpError(503, "The model is overloaded.");
    });
    const failed = await streamOf(failing);
    expect(failed.slice(-2).map(({ type }) => type)).toEqual(["error", "response.failed"]);
    expect(finalOf(failed).error?.message).toBe("The model is overloaded.");
    const cut = stream(async function* cut() {
      yield "It began";
      yield ev.incomplete("max_output_tokens");
    });
    const events = await streamOf(cut);
    expect(finalOf(events)).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ status: "incomplete" }],
    });
  });

  test("R16 R40 hold for what is stored, in the background and read again", async () => {
    const url = await serveAgents(createModelAgent().agent);
    const body = { model: "agent", input: "hi", background: true, stream: true };
    const live = await inWholeChunks(await send(url, body));
    const { id } = finalOf(live);
    const got = await fetch(`${url}/v1/responses/${id}`);
    expect(checked(ResponseResource, await got.json()).status).toBe("completed");
    const replayed = await fetch(`${url}/v1/responses/${id}?stream=true`);
    const text = await replayed.text();
    const again = [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, data]) =>
      checked(StreamEvent, JSON.parse(data!)),
    );
    expect(again).toEqual(live);
  });

  test("R16 R18 hold for a request with every field set to null", async () => {
    const url = await serveAgents(createModelAgent().agent);
    const fields = [
      "background conversation include instructions max_output_tokens max_tool_calls metadata",
      "parallel_tool_calls previous_response_id prompt_cache_key reasoning safety_identifier",
      "service_tier store stream_options temperature text tool_choice tools top_logprobs top_p",
      "truncation presence_penalty frequency_penalty",
    ].flatMap((line) => line.split(" "));
    const nulls = Object.fromEntries(fields.map((name) => [name, null]));
    await expect(whole(url, { input: "hi", ...nulls })).resolves.toMatchObject({
      store: true,
      background: false,
      tools: [],
      metadata: {},
    });
  });
});
