import { execFileSync } from "node:child_process";
import { ev, invoke, stream } from "@wheelhouse/agent-sdk";
import {
  findMlflow,
  requirement,
  type RunningService,
  startMlflow,
  until,
} from "@wheelhouse/test-support";
import { createTracing, mlflowExporter, type Tracing } from "@wheelhouse/tracing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DONE, IN, json, MESSAGE, post, serve } from "./support/index.js";

// The judge is MLflow's own server: what its REST API says of the traces that agents left there.

const mlflow = requirement("mlflow", findMlflow);

/** A value as protobuf writes it in JSON (opentelemetry-proto, AnyValue). */
interface AnyValue {
  readonly string_value?: string;
  readonly int_value?: number | string;
  readonly double_value?: number;
  readonly bool_value?: boolean;
  readonly array_value?: { readonly values?: readonly AnyValue[] };
  readonly kvlist_value?: { readonly values?: readonly KeyValue[] };
}

interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}

interface MlflowSpan {
  readonly name: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly status: { readonly code: string; readonly message?: string };
  readonly attributes: readonly KeyValue[];
}

interface MlflowTrace {
  readonly trace_info: {
    readonly trace_id: string;
    readonly state: string;
    readonly trace_metadata: Readonly<Record<string, string>>;
    readonly request_preview: string;
    readonly response_preview?: string;
  };
  readonly spans: readonly MlflowSpan[];
}

function plain(value: AnyValue = {}): unknown {
  if (value.array_value !== undefined) return (value.array_value.values ?? []).map(plain);
  if (value.kvlist_value !== undefined) return plainList(value.kvlist_value.values);
  if (value.int_value !== undefined) return Number(value.int_value);
  return value.string_value ?? value.double_value ?? value.bool_value ?? null;
}

const plainList = (pairs: readonly KeyValue[] = []): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));

describe("traces in MLflow's own server", mlflow.options, () => {
  let service: RunningService;
  let tracing: Tracing;

  beforeAll(async () => {
    service = await startMlflow();
    tracing = createTracing({
      env: {},
      exporters: [
        mlflowExporter({
          trackingUri: service.url,
          experimentName: "agents of wheelhouse",
          version: "git",
          flushTimeoutMs: 30_000,
        }),
      ],
    });
  }, 150_000);

  afterAll(async () => {
    await tracing?.close();
    await service?.[Symbol.asyncDispose]();
  }, 60_000);

  const ask = async (path: string, body?: object): Promise<any> => {
    const response = await fetch(`${service.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  };

  /** The trace, once it is there and linked to its version: that is the last thing sent. */
  const traceOf = async (traceId: string): Promise<MlflowTrace> => {
    await tracing.flush();
    return until(
      async () => {
        const { trace } = await ask(`/api/3.0/mlflow/traces/get?trace_id=${traceId}`);
        const found = trace as MlflowTrace | undefined;
        return found?.trace_info.trace_metadata["mlflow.modelId"] === undefined ? undefined : found;
      },
      { timeoutMs: 30_000, what: `trace ${traceId}` },
    );
  };

  test("a stream with a tool call has its name, inputs, outputs, tree, tokens, session and user", async () => {
    const agents = stream(async function* answers() {
      yield ev.call("c1", "add", { a: 1 });
      yield ev.result("c1", "2");
      yield DONE;
      yield ev.usage(12, 5);
    });
    await using served = await serve({ agents, tracer: tracing.tracer });
    const body = {
      ...IN,
      context: { conversation_id: "conversation-1", user_id: "ann" },
    };
    const headers = { "x-mlflow-return-trace-id": "true" };
    const answer = await json(await post(`${served.url}/invocations`, body, headers));
    const { trace_info: info, spans } = await traceOf(answer["metadata"].trace_id);

    expect(info.state).toBe("OK");
    expect(info.trace_metadata).toMatchObject({
      "mlflow.trace.session": "conversation-1",
      "mlflow.trace.user": "ann",
    });
    expect(JSON.parse(info.trace_metadata["mlflow.trace.tokenUsage"]!)).toEqual({
      input_tokens: 12,
      output_tokens: 5,
      total_tokens: 17,
    });
    expect(spans.map(({ name }) => name).toSorted()).toEqual(["add", "answers"]);
    const root = spans.find(({ name }) => name === "answers")!;
    const tool = spans.find(({ name }) => name === "add")!;
    expect(root.parent_span_id ?? "").toBe("");
    expect(tool.parent_span_id).toBe(root.span_id);
    const attributes = plainList(root.attributes);
    expect(attributes).toMatchObject({
      "mlflow.spanType": "AGENT",
      "mlflow.message.format": "openai",
      "mlflow.spanInputs": body,
    });
    expect((attributes["mlflow.spanOutputs"] as { output: unknown[] }).output).toContainEqual(
      MESSAGE,
    );
    expect(plainList(tool.attributes)).toMatchObject({
      "mlflow.spanType": "TOOL",
      "mlflow.spanInputs": { a: 1 },
      // MLflow's server reads JSON text of objects and lists, and leaves a number text.
      "mlflow.spanOutputs": "2",
    });
  });

  test("a run that fails is an error with what it said, without outputs", async () => {
    const agents = invoke(function fails() {
      throw new Error("boom");
    });
    await using served = await serve({ agents, tracer: tracing.tracer });
    const headers = { "x-mlflow-return-trace-id": "true" };
    const body = { ...IN, stream: true };
    const text = await (await post(`${served.url}/invocations`, body, headers)).text();
    const { trace_info: info, spans } = await traceOf(/tr-[0-9a-f]{32}/.exec(text)![0]);
    expect(info.state).toBe("ERROR");
    expect(spans[0]!.status).toMatchObject({
      code: expect.stringMatching(/ERROR/),
      message: "boom",
    });
    expect(plainList(spans[0]!.attributes)).not.toHaveProperty("mlflow.spanOutputs");
  });

  test("a call in a caller's trace is found by the caller's trace id", async () => {
    const id = crypto.randomUUID().replaceAll("-", "");
    await using served = await serve({ agents: invoke(() => "hi"), tracer: tracing.tracer });
    const headers = { traceparent: `00-${id}-b7ad6b7169203331-01` };
    await (await post(`${served.url}/responses`, IN, headers)).text();
    const traceId = `tr-${id}`;
    // Its parent is the caller's, so MLflow waits for a root: it has the span, and no version yet.
    await tracing.flush();
    const { trace } = await until(
      async () => {
        const found = await ask(`/api/3.0/mlflow/traces/get?trace_id=${traceId}`);
        return found.trace === undefined ? undefined : found;
      },
      { timeoutMs: 30_000 },
    );
    expect((trace as MlflowTrace).spans).toHaveLength(1);
  });

  test("traces are linked to one version, named after the commit, in the experiment by its name", async () => {
    const found = await ask(
      "/api/2.0/mlflow/experiments/get-by-name?experiment_name=agents%20of%20wheelhouse",
    );
    const experiment = found.experiment.experiment_id as string;
    const { models } = await ask("/api/2.0/mlflow/logged-models/search", {
      experiment_ids: [experiment],
    });
    const commit = execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).slice(0, 8);
    expect(models).toHaveLength(1);
    expect(models[0].info).toMatchObject({
      name: `local-git-${commit}`,
      status: "LOGGED_MODEL_READY",
    });
    const { traces } = await ask("/api/3.0/mlflow/traces/search", {
      locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experiment } }],
      filter: `metadata.\`mlflow.modelId\` = '${models[0].info.model_id}'`,
      max_results: 10,
    });
    expect(traces.length).toBeGreaterThanOrEqual(2);
  });
});
