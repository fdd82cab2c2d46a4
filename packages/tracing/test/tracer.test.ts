import { formatTraceparent, type Span, type StartSpanOptions } from "@wheelhouse/core";
import { createTracing, type SpanRecord, type TracingOptions } from "@wheelhouse/tracing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { memoryLogger } from "./support/memory-logger.js";
import { memorySink } from "./support/memory-sink.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The records of what a function does with a root span. */
async function recordsOf(
  work: (span: Span) => void,
  options: TracingOptions = {},
  start: Partial<StartSpanOptions> = {},
): Promise<readonly SpanRecord[]> {
  const sink = memorySink();
  const tracing = createTracing({ env: {}, ...options, exporters: [sink] });
  const span = tracing.tracer.startSpan({ name: "answer", ...start });
  work(span);
  span.end();
  await tracing.close();
  return sink.records;
}

const rootOf = (records: readonly SpanRecord[]): SpanRecord =>
  records.find(({ isRoot }) => isRoot)!;

const USAGE = { input_tokens: 12, output_tokens: 5, total_tokens: 17 };

describe("a root span", () => {
  test("has inputs, outputs, MLflow's and the GenAI conventions' attributes", async () => {
    const records = await recordsOf((span) => {
      span.setInputs({
        model: "helper",
        input: [{ role: "user", content: "hi" }],
        context: { conversation_id: "c1", user_id: "ann" },
        temperature: 0.5,
        max_output_tokens: 100,
      });
      span.setOutputs({
        id: "resp_1",
        object: "response",
        status: "completed",
        output: [],
        usage: { ...USAGE, input_tokens_details: { cached_tokens: 3 } },
      });
      span.setStatus("ok");
    });
    expect(records).toHaveLength(1);
    const root = records[0]!;
    expect(root).toMatchObject({ name: "answer", type: "AGENT", isRoot: true, outcome: "ok" });
    expect(root.parentId).toBeUndefined();
    expect(JSON.parse(root.inputs!)).toMatchObject({ model: "helper" });
    expect(JSON.parse(root.outputs!)).toMatchObject({ id: "resp_1" });
    expect(root.attributes).toMatchObject({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "answer",
      "gen_ai.request.model": "helper",
      "gen_ai.request.temperature": 0.5,
      "gen_ai.request.max_tokens": 100,
      "gen_ai.response.id": "resp_1",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.conversation.id": "c1",
      "session.id": "c1",
      "user.id": "ann",
      "gen_ai.usage.input_tokens": 12,
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.usage.cache_read.input_tokens": 3,
    });
    expect(JSON.parse(root.attributes["mlflow.chat.tokenUsage"] as string)).toEqual({
      ...USAGE,
      cache_read_input_tokens: 3,
    });
  });

  test("takes what the author says over what it derives", async () => {
    const [root] = await recordsOf((span) => {
      span.setInputs({ user: "ann" });
      span.setAttribute("user.id", "bob");
    });
    expect(root!.attributes["user.id"]).toBe("bob");
  });

  test.each([
    ["error", undefined, "error"],
    ["error", "task_failed", "error"],
    ["error", "cancelled", "cancelled"],
    ["error", "client_disconnected", "cancelled"],
    ["ok", undefined, "ok"],
  ] as const)("with status %s and error.type %s is %s", async (status, type, outcome) => {
    const [root] = await recordsOf((span) => {
      if (type !== undefined) span.setAttribute("error.type", type);
      span.setStatus(status, status === "error" ? "Authorization: Bearer abcdefghijk" : undefined);
    });
    expect(root!.outcome).toBe(outcome);
    expect(root!.message).toBe(status === "error" ? "Authorization: [redacted]" : undefined);
  });

  test("of an answer that stops early is incomplete, and says why in the conventions' words", async () => {
    const [root] = await recordsOf((span) => {
      const incomplete_details = { reason: "max_output_tokens" };
      span.setOutputs({ status: "incomplete", incomplete_details, output: [] });
      span.setStatus("ok");
    });
    expect(root!.outcome).toBe("incomplete");
    expect(root!.attributes).toMatchObject({
      "gen_ai.response.finish_reasons": ["length"],
      "wheelhouse.status": "incomplete",
    });
  });

  test("has the time to its first token, once", async () => {
    let now = 1_000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const [root] = await recordsOf((span) => {
      now += 40;
      span.observe!({ type: "response.output_text.delta" });
      now += 1_000;
      span.observe!({ type: "response.output_text.delta" });
    });
    expect(root!.attributes["gen_ai.response.time_to_first_chunk"]).toBeCloseTo(0.04, 6);
  });

  test("has the tokens that its stream told, where the outputs do not", async () => {
    const [root] = await recordsOf((span) => {
      span.observe!({ type: "response.completed", usage: USAGE });
      span.setOutputs({ object: "response", output: [] });
    });
    expect(root!.attributes["gen_ai.usage.output_tokens"]).toBe(5);
  });

  test("ends once; what it is told later changes nothing", async () => {
    const sink = memorySink();
    const tracing = createTracing({ exporters: [sink], env: {} });
    const span = tracing.tracer.startSpan({ name: "a" });
    span.end();
    span.setAttribute("late", 1);
    span.setOutputs("late");
    span.setStatus("error", "late");
    span.end();
    await tracing.flush();
    expect(sink.records).toHaveLength(1);
    expect(sink.records[0]).toMatchObject({ outcome: "ok", outputs: undefined });
    expect(sink.records[0]!.attributes).not.toHaveProperty("late");
    await tracing.close();
  });

  test("survives results whose getters throw, and attributes of any kind", async () => {
    const hostile = {
      get status(): string {
        throw new Error("no");
      },
    };
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const [root] = await recordsOf((span) => {
      span.setInputs(cycle);
      span.setOutputs(hostile);
      for (const [at, value] of [10n, Symbol("s"), cycle, { a: 1 }, () => 1, null].entries())
        span.setAttribute(`odd.${at}`, value as never);
      span.setAttribute("password", "s3cr3t");
      span.setAttribute("long", "x".repeat(1_000_000));
    });
    expect(root!.inputs).toBe('["[cycle]"]');
    expect(root!.outputs).toBe('{"status":"[unreadable]"}');
    expect(root!.attributes).toMatchObject({
      "odd.0": '"10"',
      "odd.2": '["[cycle]"]',
      "odd.3": '{"a":1}',
      password: "[redacted]",
    });
    expect((root!.attributes["long"] as string).length).toBeLessThan(33_000);
  });

  test("keeps a bounded number of attributes and moments, and counts the rest", async () => {
    const [root] = await recordsOf((span) => {
      for (let n = 0; n < 200; n++) {
        span.setAttribute(`a${n}`, n);
        span.addEvent!(`m${n}`, { n });
      }
    });
    expect(Object.keys(root!.attributes).filter((key) => /^a\d/.test(key))).toHaveLength(128);
    expect(root!.events).toHaveLength(128);
    expect(root!.attributes["wheelhouse.dropped"]).toBe(144);
  });

  test("is not bent by a clock that jumps", async () => {
    const sink = memorySink();
    const tracing = createTracing({ exporters: [sink], env: {} });
    const span = tracing.tracer.startSpan({ name: "a" });
    const before = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(before - 86_400_000);
    const child = span.child!({ name: "b" });
    child.end();
    span.end();
    await tracing.close();
    const [inner, outer] = sink.records;
    expect(outer!.endTime - outer!.startTime).toBeLessThan(5_000);
    expect(inner!.startTime).toBeGreaterThanOrEqual(outer!.startTime);
    expect(inner!.endTime).toBeGreaterThanOrEqual(inner!.startTime);
    expect(inner!.endTime).toBeLessThanOrEqual(outer!.endTime);
  });
});

describe("spans under it", () => {
  test("make a tree", async () => {
    const records = await recordsOf((span) => {
      const chain = span.child!({ name: "plan", type: "CHAIN", attributes: { step: 1 } });
      const tool = chain.child!({ name: "search", type: "TOOL" });
      tool.setInputs({ q: "x" });
      tool.end();
      chain.end();
    });
    const [tool, chain, root] = records;
    expect(tool).toMatchObject({ name: "search", type: "TOOL", parentId: chain!.spanId });
    expect(chain).toMatchObject({ name: "plan", parentId: root!.spanId, isRoot: false });
    expect(chain!.attributes["step"]).toBe(1);
    expect(new Set(records.map(({ traceId }) => traceId)).size).toBe(1);
  });

  test("come from the tool calls in the stream, with their times", async () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const at = (time: number, span: Span, type: string, item: object): void => {
      now = time;
      span.observe!({ type: `response.output_item.${type}`, item });
    };
    const records = await recordsOf((span) => {
      const call = { type: "function_call", call_id: "c1", name: "add", arguments: '{"a":1}' };
      const mcp = { type: "mcp_call", id: "m1", name: "look", arguments: "{}" };
      at(10, span, "added", { ...call, arguments: "" });
      at(20, span, "done", call);
      at(25, span, "added", mcp);
      at(50, span, "done", { type: "function_call_output", call_id: "c1", output: "2" });
      at(70, span, "done", { ...mcp, output: null, error: { message: "gone" } });
      now = 100;
    });
    const root = rootOf(records);
    const times = ({ startTime, endTime }: SpanRecord): number[] => [
      Math.round(startTime - root.startTime),
      Math.round(endTime - root.startTime),
    ];
    expect(records.map((record) => [record.name, record.type, ...times(record)])).toEqual([
      ["add", "TOOL", 20, 50],
      ["look", "TOOL", 25, 70],
      ["answer", "AGENT", 0, 100],
    ]);
    expect(records[0]).toMatchObject({
      parentId: root.spanId,
      inputs: '{"a":1}',
      outputs: "2",
      outcome: "ok",
    });
    expect(records[0]!.attributes).toEqual({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "add",
      "gen_ai.tool.call.id": "c1",
    });
    expect(records[1]).toMatchObject({ outcome: "error", message: "gone" });
  });

  test("are not made of calls that the client is to run: these are moments", async () => {
    const records = await recordsOf((span) => {
      const item = { type: "function_call", call_id: "c1", name: "ask", arguments: "{}" };
      span.observe!({ type: "response.output_item.done", item });
    });
    expect(records).toHaveLength(1);
    expect(records[0]!.events.map(({ name }) => name)).toEqual(["tool_call_requested"]);
  });

  test("come from the outputs where nobody saw the events, and say that their times are not known", async () => {
    const records = await recordsOf((span) => {
      span.setOutputs({
        output: [
          { type: "function_call", call_id: "c1", name: "add", arguments: '{"a":1}' },
          { type: "function_call_output", call_id: "c1", output: "2" },
          { type: "message", id: "m", content: [] },
          { type: "web_search_call", id: "w", action: { query: "x" } },
        ],
      });
    });
    expect(records.map(({ name }) => name)).toEqual(["answer", "add", "web_search"]);
    expect(records[1]!.attributes["wheelhouse.timing"]).toBe("unknown");
    expect(records[1]).toMatchObject({ inputs: '{"a":1}', outputs: "2" });
  });

  test("are bounded in number: a run in a loop does not fill the memory", async () => {
    const records = await recordsOf((span) => {
      for (let n = 0; n < 1_500; n++) span.child!({ name: `c${n}` }).end();
    });
    expect(records).toHaveLength(1_001);
    expect(rootOf(records).attributes["wheelhouse.dropped"]).toBe(500);
  });

  test("of a tracer's caller that has only ids are in its trace", async () => {
    const sink = memorySink();
    const tracing = createTracing({ exporters: [sink], env: {} });
    const parent = tracing.tracer.startSpan({ name: "a" });
    const { traceId, spanId, isRecording } = parent;
    tracing.tracer.startSpan({ name: "b", parent: { traceId, spanId, isRecording } }).end();
    await tracing.close();
    expect(sink.records[0]).toMatchObject({ name: "b", traceId, parentId: spanId, isRoot: false });
  });
});

describe("whose trace it is", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const parent = "b7ad6b7169203331";

  test("B64 the caller's, with a traceparent", async () => {
    const [root] = await recordsOf(() => {}, {}, { traceparent: `00-${trace}-${parent}-01` });
    expect(root).toMatchObject({ traceId: trace, parentId: parent, isRoot: true });
  });

  test("the process's, with TRACEPARENT in its environment", async () => {
    const env = { TRACEPARENT: `00-${trace}-${parent}-01` };
    const [root] = await recordsOf(() => {}, { env });
    expect(root).toMatchObject({ traceId: trace, parentId: parent });
  });

  test("is not recorded where the caller does not sample, and still has its ids", async () => {
    let seen: Span | undefined;
    const records = await recordsOf(
      (span) => (seen = span),
      {},
      {
        traceparent: `00-${trace}-${parent}-00`,
      },
    );
    expect(records).toEqual([]);
    expect(seen).toMatchObject({ traceId: trace, isRecording: false });
    expect(formatTraceparent(seen!)).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`));
    expect(seen!.child!({ name: "x" })).toMatchObject({ traceId: trace, isRecording: false });
  });

  test.each([
    [{ sampleRatio: 0 }, 0, 0],
    [{ sampleRatio: 1 }, 400, 400],
    [{ sampleRatio: 0.5 }, 120, 280],
    [{ env: { OTEL_TRACES_SAMPLER: "always_off" } }, 0, 0],
    [{ env: { OTEL_TRACES_SAMPLER: "parentbased_always_on" } }, 400, 400],
    [{ env: { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.5" } }, 120, 280],
  ])("%j samples 400 traces between %d and %d times", async (options, least, most) => {
    const sink = memorySink();
    const tracing = createTracing({ env: {}, ...options, exporters: [sink] });
    for (let n = 0; n < 400; n++) tracing.tracer.startSpan({ name: "a" }).end();
    await tracing.close();
    expect(sink.records.length).toBeGreaterThanOrEqual(least);
    expect(sink.records.length).toBeLessThanOrEqual(most);
  });

  test.each([
    [{ sampleRatio: 2 }, /sampleRatio/],
    [{ maxValueCharacters: 10 }, /maxValueCharacters/],
    [{ store: {} as never }, /store/],
    [{ exporters: [{} as never] }, /exporters/],
    [{ env: { OTEL_TRACES_SAMPLER: "sometimes" } }, /OTEL_TRACES_SAMPLER="sometimes"/],
    [
      { env: { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "x" } },
      /OTEL_TRACES_SAMPLER_ARG/,
    ],
  ])("%j is refused by name", (options: TracingOptions, message) => {
    expect(() => createTracing({ env: {}, ...options })).toThrow(message);
  });
});

describe("B65 a sink that fails", () => {
  test("is reported once and does not keep the others from their spans", async () => {
    const logger = memoryLogger();
    const sink = memorySink();
    const broken = {
      ...memorySink(),
      write: () => {
        throw new Error("disk");
      },
    };
    const tracing = createTracing({ exporters: [broken, sink], logger, env: {} });
    for (let n = 0; n < 5; n++) {
      tracing.tracer.startSpan({ name: "a" }).end();
      await tracing.flush();
    }
    await tracing.close();
    expect(sink.records).toHaveLength(5);
    expect(logger.lines.map(({ level }) => level)).toEqual(["warn"]);
  });

  test("spans that end faster than they are recorded are dropped, oldest first", async () => {
    const logger = memoryLogger();
    const sink = memorySink();
    const tracing = createTracing({ exporters: [sink], logger, env: {} });
    for (let n = 0; n < 3_000; n++) tracing.tracer.startSpan({ name: `s${n}` }).end();
    await tracing.close();
    expect(sink.records).toHaveLength(2_048);
    expect(sink.records.at(-1)!.name).toBe("s2999");
    expect(logger.lines).toHaveLength(1);
  });
});
