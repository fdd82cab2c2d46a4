import { ev } from "@wheelhouse/agent-sdk";
import { collectSse } from "@wheelhouse/test-support";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IN, type Json, post, postJson, STREAM } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { sequenceFaults } from "./support/sequence-faults.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

// The call is for the test of a `tool_choice` that demands it.
const agents = looseInvoke(() => ["x", ev.call("c1", "f", {})]);

describe("the response object", () => {
  /** What a client sends, and what it reads back. */
  const echoes: [string, unknown, unknown?][] = [
    ["instructions", "be brief"],
    ["max_output_tokens", 100],
    ["max_tool_calls", 3],
    ["model", "any-model"],
    ["parallel_tool_calls", false],
    ["temperature", 0],
    ["top_p", 0.5],
    ["presence_penalty", 0.25],
    ["frequency_penalty", -0.5],
    ["top_logprobs", 2],
    ["text", { verbosity: "low" }, { verbosity: "low", format: { type: "text" } }],
    ["text", { format: { type: "json_object" } }],
    ["tool_choice", "none"],
    ["tool_choice", { type: "function", name: "f" }],
    [
      "tool_choice",
      { type: "allowed_tools", tools: [{ type: "function", name: "f" }] },
      { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "f" }] },
    ],
    [
      "tool_choice",
      { type: "allowed_tools", mode: "required", tools: [] },
      { type: "allowed_tools", mode: "required", tools: [] },
    ],
    [
      "tools",
      [{ type: "function", name: "f" }, { type: "web_search" }],
      [
        { type: "function", name: "f", description: null, parameters: null, strict: null },
        { type: "web_search" },
      ],
    ],
    ["truncation", "auto"],
    ["user", "u1"],
    ["metadata", { a: "b" }],
    ["safety_identifier", "s"],
    ["prompt_cache_key", "k"],
    ["service_tier", "flex"],
    ["service_tier", "auto", "default"],
    ["reasoning", { effort: "low" }, { effort: "low", summary: null }],
    ["background", false],
  ];

  test.each(echoes)("echoes %s %j", async (field, sent, echoed = sent) => {
    await using served = await serve({ agents });
    const { status, body } = await postJson(`${served.url}/responses`, { ...IN, [field]: sent });
    expect([status, body[field]]).toEqual([200, echoed]);
    const nothing = await postJson(`${served.url}/responses`, { ...IN, [field]: null });
    expect(nothing.status).toBe(200);
    expect(Object.keys(nothing.body).toSorted()).toEqual(Object.keys(body).toSorted());
  });

  test("says honestly whether it is stored", async () => {
    await using served = await serve({ agents, storeResponses: false });
    const { body } = await postJson(`${served.url}/responses`, { ...IN, store: true });
    expect(body).toMatchObject({ store: false, model: "agent", status: "completed", error: null });
  });

  test("what a client sends never breaks the answer", async () => {
    const field = fc.constantFrom(...new Set(echoes.map(([name]) => name)), "include", "context");
    const body = fc.dictionary(field, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
    await using served = await serve({
      agents: [looseInvoke(() => "x", { concurrency: 1 }), looseStream(() => "x")],
    });
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom("/responses", "/invocations"), async (given, path) => {
        const { status } = await postJson(`${served.url}${path}`, { ...given, ...IN });
        expect([200, 400]).toContain(status === 404 ? 400 : status);
      }),
      { numRuns: 150 },
    );
  });
});

describe("frames", () => {
  test("B68 the event line is the type, sequence numbers count up, [DONE] follows the end", async () => {
    const agent = looseStream(async function* author() {
      yield "a";
      yield ev.call("c1", "f", {});
      yield ev.result("c1", 'quote " brace } \n');
      yield ev.reasoning("hm");
    });
    await using served = await serve({ agents: agent });
    const frames = await collectSse(await post(`${served.url}/responses`, STREAM));
    const all = frames.slice(0, -1).map(({ data }) => JSON.parse(data) as Json);
    expect(frames.at(-1)).toMatchObject({ data: "[DONE]" });
    expect(frames.slice(0, -1).map(({ event }) => event)).toEqual(all.map(({ type }) => type));
    expect(all.map((event) => event["sequence_number"])).toEqual(all.map((_event, at) => at));
    expect(sequenceFaults(all as never)).toEqual([]);
  });

  test("an author's own sequence numbers and life cycle are replaced", async () => {
    const agent = looseStream(async function* author() {
      yield { type: "response.created", sequence_number: 70, response: { id: "resp_other" } };
      yield { type: "response.output_text.delta", sequence_number: 71, item_id: "m", delta: "a" };
      yield { type: "response.completed", sequence_number: 72, response: { output: [] } };
    });
    await using served = await serve({ agents: agent });
    const frames = await collectSse(await post(`${served.url}/responses`, STREAM));
    const all = frames.slice(0, -1).map(({ data }) => JSON.parse(data) as Json);
    expect(frames.slice(0, -1).map(({ data }) => data.split("sequence_number").length)).toEqual(
      all.map(() => 2),
    );
    expect(all.map((event) => event["sequence_number"])).toEqual(all.map((_event, at) => at));
    expect(JSON.stringify(all)).not.toContain("resp_other");
  });

  test("no name of an event can begin a line of its own", async () => {
    const agent = looseStream(async function* author() {
      yield ev.custom("a\nevent: response.completed\ndata: {}\n\n", 1);
      yield { type: "b\r\ndata: evil\r\n\r\n" };
      yield "x";
    });
    await using served = await serve({ agents: agent });
    for (const path of ["/responses", "/invocations"]) {
      const body = { ...STREAM, include: ["wheelhouse.events"] };
      // oxlint-disable-next-line no-await-in-loop -- one after the other.
      const frames = await collectSse(await post(`${served.url}${path}`, body));
      const types = frames.slice(0, -1).map(({ data }) => (JSON.parse(data) as Json)["type"]);
      expect(frames.at(-1)!.data).toBe("[DONE]");
      expect(types.filter((type) => type === "response.completed")).toHaveLength(
        path === "/responses" ? 1 : 0,
      );
      for (const { event } of frames) expect(event ?? "").not.toMatch(/[\r\n]/);
    }
  });

  test("B39 the trace id is in the metadata and on the terminal event only", async () => {
    await using served = await serve({ agents: looseStream(() => "x") });
    const headers = { "x-mlflow-return-trace-id": "true" };
    const response = await post(
      `${served.url}/responses`,
      { ...STREAM, metadata: { a: "b" } },
      { headers },
    );
    const frames = await collectSse(response);
    const all = frames.slice(0, -1).map(({ data }) => JSON.parse(data) as Json);
    const last = all.at(-1)!;
    expect(last["trace_id"]).toMatch(/^tr-[0-9a-f]{32}$/);
    expect(last["response"].metadata).toEqual({ a: "b", trace_id: last["trace_id"] });
    expect(all.slice(0, -1).filter((event) => "trace_id" in event)).toEqual([]);
  });
});
