import { ev, invoke, stream } from "@wheelhouse/agent-sdk";
import { Response as ResponseObject } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import { events, H, IN, type Json, json, MESSAGE, post, S, serve } from "./support/index.js";

/** The 31 fields of ResponseResource, Open Responses 2026-04-24. */
const FIELDS = [
  "id",
  "object",
  "created_at",
  "completed_at",
  "status",
  "incomplete_details",
  "model",
  "previous_response_id",
  "instructions",
  "output",
  "error",
  "tools",
  "tool_choice",
  "truncation",
  "parallel_tool_calls",
  "text",
  "top_p",
  "presence_penalty",
  "frequency_penalty",
  "top_logprobs",
  "temperature",
  "reasoning",
  "usage",
  "max_output_tokens",
  "max_tool_calls",
  "store",
  "background",
  "service_tier",
  "metadata",
  "safety_identifier",
  "prompt_cache_key",
];

const create = async (agents: unknown, body: object = IN): Promise<Json> => {
  await using served = await serve({ agents });
  const response = await post(`${served.url}/responses`, body);
  expect(response.status).toBe(200);
  return await json(response);
};

describe("the response object", () => {
  test("R16 has all 31 fields, and numbers instead of null", async () => {
    const body = await create(H);
    expect(FIELDS).toHaveLength(31);
    expect(Object.keys(body)).toEqual(expect.arrayContaining(FIELDS));
    expect(ResponseObject.safeParse(body).error).toBeUndefined();
    for (const field of ["temperature", "top_p", "presence_penalty", "frequency_penalty"])
      expect(body[field]).toEqual(expect.any(Number));
    expect(body).toMatchObject({ top_logprobs: expect.any(Number), tools: [], metadata: {} });
    expect(body).not.toHaveProperty("output_text");
  });

  test("R16 has them in every event that carries it", async () => {
    await using served = await serve({ agents: S });
    const sent = await events(await post(`${served.url}/responses`, { ...IN, stream: true }));
    const objects = sent.filter((event) => "response" in event);
    expect(objects).toHaveLength(3);
    for (const { response } of objects)
      expect(Object.keys(response)).toEqual(expect.arrayContaining(FIELDS));
  });

  test("R17 its times are whole seconds, and completed_at is null until then", async () => {
    await using served = await serve({ agents: [H, S] });
    const before = Math.floor(Date.now() / 1000);
    const body = await json(await post(`${served.url}/responses`, IN));
    const after = Math.ceil(Date.now() / 1000);
    for (const field of ["created_at", "completed_at"]) {
      expect(Number.isInteger(body[field])).toBe(true);
      expect(body[field]).toBeGreaterThanOrEqual(before);
      expect(body[field]).toBeLessThanOrEqual(after);
    }
    const sent = await events(await post(`${served.url}/responses`, { ...IN, stream: true }));
    expect(sent[0]!["response"].completed_at).toBeNull();
    expect(Number.isInteger(sent.at(-1)!["response"].completed_at)).toBe(true);
    expect(sent.at(-1)!["response"].created_at).toBe(sent[0]!["response"].created_at);
  });

  test("R18 repeats what the request asked for", async () => {
    const asked = {
      model: "my-model",
      instructions: "be kind",
      metadata: { a: "b" },
      temperature: 0.5,
      top_p: 0.25,
      max_output_tokens: 100,
      max_tool_calls: 3,
      parallel_tool_calls: false,
      tool_choice: "required",
      truncation: "auto",
      store: false,
      text: {
        format: { type: "json_schema", name: "s", schema: { type: "object" }, strict: true },
      },
      reasoning: { effort: "low", summary: "auto" },
      safety_identifier: "s1",
      prompt_cache_key: "k1",
    };
    const caller = invoke(() => [ev.call("c1", "f", {})]);
    expect(await create(caller, { ...IN, ...asked })).toMatchObject(asked);
  });

  test("R18 fills the defaults in, also for null", async () => {
    const nothing = Object.fromEntries(
      ["model", "temperature", "top_p", "tools", "tool_choice", "text", "store", "metadata"].map(
        (field) => [field, null],
      ),
    );
    for (const body of [IN, { ...IN, ...nothing }]) {
      const response = await create(H, body);
      expect(response).toMatchObject({
        tools: [],
        tool_choice: "auto",
        truncation: "disabled",
        parallel_tool_calls: true,
        text: { format: { type: "text" } },
        background: false,
        service_tier: "default",
        previous_response_id: null,
        instructions: null,
      });
      expect(response["model"]).toMatch(/./);
    }
  });

  test("R18 completes a tool with description, parameters and strict", async () => {
    const tools = [{ type: "function", name: "f" }];
    const [tool] = (await create(H, { ...IN, tools }))["tools"];
    expect(tool).toMatchObject({ type: "function", name: "f" });
    for (const field of ["description", "parameters", "strict"]) expect(tool).toHaveProperty(field);
  });

  test("R31 usage adds up, with every detail", async () => {
    const agent = stream(async function* used() {
      yield ev.usage(10, 1, { cached: 4 });
      yield "hi";
      yield ev.usage(5, 2, { reasoning: 1 });
    });
    expect((await create(agent))["usage"]).toEqual({
      input_tokens: 15,
      output_tokens: 3,
      total_tokens: 18,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens_details: { reasoning_tokens: 1 },
    });
    const bare = stream(() => ["hi", ev.usage(1, 2)]);
    expect((await create(bare))["usage"]).toMatchObject({
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    });
  });

  test("R36 custom_outputs are a further field", async () => {
    const agent = invoke(() => ({ output: [MESSAGE], custom_outputs: { a: [1, null] } }));
    expect((await create(agent))["custom_outputs"]).toEqual({ a: [1, null] });
  });
});

describe("the request", () => {
  for (const path of ["/responses", "/v1/responses"]) {
    test(`B21 R19 a string input is one user message for the handler (${path})`, async () => {
      let seen: unknown;
      const agent = invoke((request) => {
        seen = { input: structuredClone(request.input), text: request.input_text };
        return { output: [MESSAGE] };
      });
      await using served = await serve({ agents: agent });
      const response = await post(`${served.url}${path}`, { input: "hello" });
      expect(response.status).toBe(200);
      expect(seen).toMatchObject({ input: [{ role: "user" }], text: "hello" });
      const [{ content }] = (seen as { input: [{ content: unknown }] }).input;
      expect(typeof content === "string" ? content : (content as Json[])[0]!["text"]).toBe("hello");
    });
  }

  test("R33 the body's stream decides, not the Accept header", async () => {
    await using served = await serve({ agents: [H, S] });
    const url = `${served.url}/responses`;
    const plain = await post(url, IN, { accept: "text/event-stream" });
    expect((await json(plain))["object"]).toBe("response");
    const live = await post(url, { ...IN, stream: true }, { accept: "application/json" });
    expect(live.headers.get("content-type")).toMatch(/^text\/event-stream/);
    await events(live);
  });

  test("R34 unknown fields and tools are no error, and reach the handler", async () => {
    const body = {
      ...IN,
      databricks_options: { return_trace: true },
      future: [1],
      tools: [
        { type: "web_search" },
        { type: "acme:search", x: 1 },
        { type: "function", name: "f" },
      ],
      tool_choice: {
        type: "allowed_tools",
        mode: "auto",
        tools: [{ type: "function", name: "f" }],
      },
      include: [],
    };
    let seen: Json = {};
    const agent = invoke((request) => {
      seen = JSON.parse(JSON.stringify(request));
      return { output: [] };
    });
    await create(agent, body);
    expect(seen).toMatchObject(body);
  });

  test("R35 items of an earlier answer come back without, or with null, id and status", async () => {
    for (const fields of [{}, { id: null, status: null }, { id: "x", status: "completed" }]) {
      const input = [
        { role: "user", content: [{ type: "input_text", text: "hi" }], ...fields },
        {
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text: "hello" }],
          ...fields,
        },
        { type: "reasoning", summary: [], ...fields },
        { type: "function_call", call_id: "c1", name: "f", arguments: "{}", ...fields },
        {
          type: "function_call_output",
          call_id: "c1",
          output: [{ type: "input_text", text: "out" }],
          ...fields,
        },
        { role: "assistant", content: "plain" },
        { role: "developer", content: "be brief" },
      ];
      expect((await create(H, { input }))["status"]).toBe("completed");
    }
  });
});
