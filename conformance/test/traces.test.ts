import { join } from "node:path";
import { ev, invoke, stream, trace } from "@wheelhouse/agent-sdk";
import { createSqliteTraceStore } from "@wheelhouse/store/sqlite";
import { tempDir } from "@wheelhouse/test-support";
import { createTracing, type Trace, type Tracing, traceHeaders } from "@wheelhouse/tracing";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  DONE,
  events,
  H,
  IN,
  json,
  looseStream,
  MESSAGE,
  post,
  S,
  serve,
  type ServerOptions,
} from "./support/index.js";

// What `tracing.test.ts` and `trace-ids.test.ts` ask of the server, here of the real tracing package with
// its store, read back as a person would.

const WANTED = { "x-mlflow-return-trace-id": "true" };

interface Traced extends AsyncDisposable {
  readonly url: string;
  readonly tracing: Tracing;
  /** The only trace there is. */
  only(): Promise<Trace>;
}

async function serveTraced(options: ServerOptions): Promise<Traced> {
  const folder = await tempDir();
  const store = createSqliteTraceStore({ path: join(folder.path, "traces.db") });
  const tracing = createTracing({ store, env: {} });
  const served = await serve({ ...options, tracer: tracing.tracer });
  return {
    url: served.url,
    tracing,
    async only() {
      const { traces } = await tracing.traces!.list();
      expect(traces).toHaveLength(1);
      return (await tracing.traces!.get(traces[0]!.trace_id))!;
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await tracing.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Sends one request and gives its trace. */
async function traceOf(
  options: ServerOptions,
  body: object,
  { path = "/invocations", headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Promise<Trace> {
  await using served = await serveTraced(options);
  await (await post(`${served.url}${path}`, body, headers)).text();
  return await served.only();
}

const root = ({ spans }: Trace): Trace["spans"][number] =>
  spans.find(({ parent_id }) => !spans.some(({ span_id }) => span_id === parent_id))!;

describe("a run's trace", () => {
  for (const path of ["/invocations", "/responses"]) {
    test(`B39 B41 is found by the id that the answer carries (${path})`, async () => {
      await using served = await serveTraced({ agents: H });
      const body = { ...IN, metadata: { mine: "1" } };
      const { metadata } = await json(await post(`${served.url}${path}`, body, WANTED));
      const found = await served.tracing.traces!.get(metadata.trace_id);
      expect(found).toMatchObject({ trace_id: metadata.trace_id, name: "h", status: "OK" });
    });

    test(`B43 B39 is found by the id that the stream ends with (${path})`, async () => {
      await using served = await serveTraced({ agents: S });
      const sent = await events(
        await post(`${served.url}${path}`, { ...IN, stream: true }, WANTED),
      );
      const found = await served.tracing.traces!.get(sent.at(-1)!["trace_id"]);
      expect(found).toMatchObject({ name: "s", status: "OK" });
    });
  }

  test("B45 is found by the id of a stream that failed", async () => {
    const agents = stream(async function* fails() {
      yield DELTA;
      throw new Error("boom");
    });
    await using served = await serveTraced({ agents });
    const sent = await events(
      await post(`${served.url}/invocations`, { ...IN, stream: true }, WANTED),
    );
    const found = await served.tracing.traces!.get(sent.at(-1)!["trace_id"]);
    expect(found).toMatchObject({ status: "ERROR" });
  });

  test.each(["1", "yes", undefined])("B40 B42 changes no answer: header %j", async (value) => {
    const result = { output: [MESSAGE] };
    await using served = await serveTraced({ agents: invoke(() => result) });
    const headers: Record<string, string> =
      value === undefined ? {} : { "x-mlflow-return-trace-id": value };
    expect(await json(await post(`${served.url}/invocations`, IN, headers))).toEqual(result);
    expect(result).toEqual({ output: [MESSAGE] });
  });

  test("B60 has the handler's name, the body without stream, the result, and MLflow's type", async () => {
    const agents = invoke(function answerQuestions() {
      return { output: [MESSAGE] };
    });
    const found = await traceOf({ agents }, { ...IN, stream: false, custom_inputs: { a: 1 } });
    expect(found.spans).toHaveLength(1);
    expect(root(found)).toMatchObject({
      name: "answerQuestions",
      type: "AGENT",
      parent_id: null,
      inputs: { ...IN, custom_inputs: { a: 1 } },
      outputs: { output: [MESSAGE] },
      attributes: {
        "mlflow.message.format": "openai",
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "agent",
        "wheelhouse.request_id": expect.stringMatching(/^req_/),
      },
    });
  });

  test("B61 of a stream has the finished items as outputs, and the time to its first token", async () => {
    const found = await traceOf({ agents: S }, { ...IN, stream: true });
    expect(root(found).outputs).toEqual({ object: "response", output: [MESSAGE] });
    expect(root(found).attributes["mlflow.message.format"]).toBe("openai");
    expect(found.time_to_first_token_ms).toBeGreaterThanOrEqual(0);
    expect(found.time_to_first_token_ms).toBeLessThanOrEqual(found.duration_ms);
  });

  test("B62 B44 of a base agent has its chunks, and no format", async () => {
    const agents = looseStream(async function* chunks() {
      yield { a: 1 };
      yield { b: [2] };
    });
    const found = await traceOf({ agents, agentType: null }, { q: 1, stream: true });
    expect(root(found)).toMatchObject({ inputs: { q: 1 }, outputs: [{ a: 1 }, { b: [2] }] });
    expect(root(found).attributes).not.toHaveProperty("mlflow.message.format");
  });

  for (const path of ["/invocations", "/responses"]) {
    test(`B63 of a handler that throws is an error without outputs (${path})`, async () => {
      const agents = invoke(() => {
        throw new Error("boom at Authorization: Bearer abcdefghijkl");
      });
      const found = await traceOf({ agents }, IN, { path });
      expect(root(found)).toMatchObject({
        status: "ERROR",
        status_message: "boom at Authorization: [redacted]",
        attributes: { "error.type": "task_failed" },
      });
      expect(root(found)).not.toHaveProperty("outputs");
    });
  }

  test("of a run that its time limit ends is an error that says so", async () => {
    const agents = invoke({ timeoutMs: 20 }, () => new Promise<string>(() => {}));
    const found = await traceOf({ agents }, IN);
    expect(root(found)).toMatchObject({
      status: "ERROR",
      attributes: { "error.type": "task_timeout" },
    });
  });

  test("of an answer that is not whole is incomplete", async () => {
    const agents = stream(async function* cut() {
      yield "half";
      yield ev.incomplete("max_output_tokens");
    });
    const found = await traceOf({ agents }, IN, { path: "/responses" });
    expect(found.status).toBe("INCOMPLETE");
    expect(root(found).attributes["gen_ai.response.finish_reasons"]).toEqual(["length"]);
  });

  test("has the session, the user and the tokens", async () => {
    const agents = stream(async function* counts() {
      yield "hi";
      yield ev.usage(12, 5, { cached: 4 });
    });
    const body = { ...IN, stream: true, context: { conversation_id: "c1", user_id: "ann" } };
    for (const path of ["/invocations", "/responses"])
      expect(await traceOf({ agents }, body, { path })).toMatchObject({
        session_id: "c1",
        user_id: "ann",
        usage: {
          input_tokens: 12,
          output_tokens: 5,
          total_tokens: 17,
          cache_read_input_tokens: 4,
        },
      });
  });

  test("B64 is the caller's", async () => {
    const id = "0af7651916cd43dd8448eb211c80319c";
    const parent = "b7ad6b7169203331";
    const headers = { traceparent: `00-${id}-${parent}-01` };
    const found = await traceOf({ agents: H }, IN, { headers });
    expect(found.trace_id).toBe(`tr-${id}`);
    expect(root(found).parent_id).toBe(parent);
  });
});

describe("spans under a run", () => {
  test("are its tool calls, with arguments, results and times", async () => {
    const agents = stream(async function* uses() {
      yield ev.call("c1", "add", { a: 1 });
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield ev.result("c1", "2");
      yield "done";
    });
    for (const path of ["/invocations", "/responses"]) {
      const found = await traceOf({ agents }, { ...IN, stream: true }, { path });
      const tools = found.spans.filter(({ type }) => type === "TOOL");
      expect(tools).toHaveLength(1);
      expect(tools[0]).toMatchObject({
        name: "add",
        parent_id: root(found).span_id,
        inputs: { a: 1 },
        outputs: 2,
        status: "OK",
      });
      expect(tools[0]!.duration_ms).toBeGreaterThan(20);
    }
  });

  test("are its tool calls in an answer that came whole, too", async () => {
    const agents = invoke(() => [
      ev.call("c1", "add", { a: 1 }),
      ev.result("c1", "2"),
      ev.text("done"),
    ]);
    const found = await traceOf({ agents }, IN);
    expect(found.spans.map(({ name, type }) => `${type} ${name}`).toSorted()).toEqual([
      "AGENT agent",
      "TOOL add",
    ]);
  });

  test("are what authors make of their functions, and calls to other agents", async () => {
    const search = trace(
      async function lookUp(query: string) {
        await Promise.resolve();
        return [query];
      },
      { type: "RETRIEVER" },
    );
    await using inner = await serveTraced({ agents: H });
    const agents = invoke(async function outer(_request, ctx) {
      await search("x");
      await (await post(`${inner.url}/invocations`, IN, traceHeaders())).text();
      ctx.span.setAttribute("mine", "yes");
      return "ok";
    });
    await using served = await serveTraced({ agents });
    await (await post(`${served.url}/invocations`, IN)).text();
    const found = await served.only();
    const child = found.spans.find(({ name }) => name === "lookUp")!;
    expect(child).toMatchObject({
      type: "RETRIEVER",
      parent_id: root(found).span_id,
      inputs: "x",
      outputs: ["x"],
    });
    expect(root(found).attributes["mine"]).toBe("yes");
    const called = await inner.only();
    expect(called.trace_id).toBe(found.trace_id);
    expect(root(called).parent_id).toBe(root(found).span_id);
  });
});

describe("B65 with exporters whose backends are down", () => {
  test("answers are unchanged and not late", async () => {
    const { otlpExporter } = await import("@wheelhouse/tracing");
    const url = "http://127.0.0.1:1/v1/traces";
    const tracing = createTracing({
      env: {},
      exporters: [otlpExporter({ url, timeoutMs: 100, scheduleDelayMs: 1, flushTimeoutMs: 200 })],
    });
    await using served = await serve({ agents: [H, S], tracer: tracing.tracer });
    const invocations = `${served.url}/invocations`;
    await (await post(invocations, IN)).text();
    for (let n = 0; n < 5; n++) {
      const began = performance.now();
      expect(await json(await post(invocations, IN))).toEqual({ output: [MESSAGE] });
      expect(await events(await post(invocations, { ...IN, stream: true }))).toEqual([DELTA, DONE]);
      expect(performance.now() - began).toBeLessThan(300);
    }
    await tracing.close();
  });
});
