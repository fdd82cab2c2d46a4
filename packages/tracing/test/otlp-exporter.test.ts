import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import { until } from "@wheelhouse/test-support";
import { createTracing, exportersFromEnv, otelExporter, otlpExporter } from "@wheelhouse/tracing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startCollector } from "./support/collector.js";
import { memoryLogger } from "./support/memory-logger.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

const trace = "0af7651916cd43dd8448eb211c80319c";
const parent = "b7ad6b7169203331";

describe("OTLP", () => {
  test("brings a run with its tool call to a backend, with MLflow's attributes", async () => {
    await using collector = await startCollector();
    const url = `${collector.url}/v1/traces`;
    const exporter = otlpExporter({ url, headers: { "x-key": "k" }, serviceName: "my-agent" });
    const tracing = createTracing({ env: {}, exporters: [exporter] });
    const before = BigInt(Date.now() - 1) * 1_000_000n;
    const run = tracing.tracer.startSpan({
      name: "answer",
      traceparent: `00-${trace}-${parent}-01`,
    });
    run.setInputs({ input: [{ role: "user", content: "hällo" }] });
    run.setAttribute("list", ["a", "b"]);
    run.setAttribute("ratio", 0.5);
    run.setAttribute("count", 7);
    run.setAttribute("flag", true);
    run.addEvent!("moment", { n: 1 });
    const tool = run.child!({ name: "search", type: "TOOL" });
    tool.setStatus("error", "boom");
    tool.end();
    run.setOutputs({
      object: "response",
      output: [],
      usage: { input_tokens: 3, output_tokens: 4 },
    });
    run.setStatus("ok");
    run.end();
    await tracing.close();

    expect(collector.requests[0]!.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "x-key": "k",
    });
    const root = collector.spans.find(({ name }) => name === "answer")!;
    const child = collector.spans.find(({ name }) => name === "search")!;
    expect(collector.spans).toHaveLength(2);
    expect(root).toMatchObject({
      traceId: trace,
      spanId: run.spanId,
      parentId: parent,
      status: 1,
      attributes: {
        "mlflow.spanType": "AGENT",
        "mlflow.spanInputs": '{"input":[{"role":"user","content":"hällo"}]}',
        "mlflow.spanOutputs":
          '{"object":"response","output":[],"usage":{"input_tokens":3,"output_tokens":4}}',
        "mlflow.chat.tokenUsage": '{"input_tokens":3,"output_tokens":4,"total_tokens":7}',
        "mlflow.traceRequestId": `tr-${trace}`,
        "gen_ai.operation.name": "invoke_agent",
        list: ["a", "b"],
        ratio: 0.5,
        count: 7,
        flag: true,
      },
      events: [{ name: "moment", attributes: { n: 1 } }],
    });
    expect(root.resource).toMatchObject({
      "service.name": "my-agent",
      "telemetry.sdk.language": "nodejs",
    });
    expect(child).toMatchObject({
      parentId: run.spanId,
      traceId: trace,
      status: 2,
      message: "boom",
    });
    expect(child.attributes["mlflow.spanType"]).toBe("TOOL");
    expect(root.start).toBeGreaterThan(before);
    expect(root.end).toBeGreaterThanOrEqual(root.start);
    expect(child.start).toBeGreaterThanOrEqual(root.start);
    expect(child.end).toBeLessThanOrEqual(root.end);
  });

  test("goes where OpenTelemetry's variables say, with their headers, name and compression", async () => {
    await using collector = await startCollector();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url);
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-mlflow-experiment-id=12,authorization=Basic%20abc");
    vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    vi.stubEnv("OTEL_SERVICE_NAME", "from-env");
    vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test");
    const exporters = exportersFromEnv();
    expect(exporters.map(({ name }) => name)).toEqual(["otlp"]);
    const tracing = createTracing({ exporters });
    tracing.tracer.startSpan({ name: "a" }).end();
    await tracing.close();
    expect(collector.requests[0]!.path).toBe("/v1/traces");
    expect(collector.requests[0]!.headers).toMatchObject({
      "x-mlflow-experiment-id": "12",
      authorization: "Basic abc",
      "content-encoding": "gzip",
    });
    expect(collector.spans[0]!.resource).toMatchObject({
      "service.name": "from-env",
      "deployment.environment.name": "test",
    });
  });

  test("goes to several backends at once, each with all spans", async () => {
    await using one = await startCollector();
    await using two = await startCollector();
    const tracing = createTracing({
      env: {},
      exporters: [one, two].map(({ url }) => otlpExporter({ url: `${url}/v1/traces` })),
    });
    tracing.tracer.startSpan({ name: "a" }).end();
    await tracing.close();
    expect(one.spans).toHaveLength(1);
    expect(two.spans).toEqual(one.spans);
  });

  test("goes through any exporter of OpenTelemetry's", async () => {
    const exporter = new InMemorySpanExporter();
    const tracing = createTracing({ env: {}, exporters: [otelExporter(exporter)] });
    tracing.tracer.startSpan({ name: "a" }).end();
    await tracing.flush();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["a"]);
    await tracing.close();
  });

  test.each([
    [{}, []],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: " " }, []],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:1/x" }, ["otlp"]],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_TRACES_EXPORTER: "none" }, []],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "TRUE" }, []],
    [{ MLFLOW_TRACKING_URI: "sqlite:///mlflow.db" }, []],
    [{ MLFLOW_TRACKING_URI: "databricks" }, []],
    [
      {
        MLFLOW_TRACKING_URI: "http://127.0.0.1:1",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
      },
      ["mlflow", "otlp"],
    ],
  ])("the environment %j asks for %j", (env: Record<string, string>, names) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(exportersFromEnv().map(({ name }) => name)).toEqual(names);
  });

  test.each([
    [{ OTEL_BSP_MAX_QUEUE_SIZE: "x" }, /OTEL_BSP_MAX_QUEUE_SIZE/],
    [{ OTEL_BSP_SCHEDULE_DELAY: "-1" }, /OTEL_BSP_SCHEDULE_DELAY/],
  ])("refuses %j by name", (env: Record<string, string>, message) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(() => otlpExporter()).toThrow(message);
  });

  test("refuses an address that is none", () => {
    expect(() => otlpExporter({ url: "collector" })).toThrow(/url must be a URL/);
    expect(() => otlpExporter({ maxBatchSize: 0 })).toThrow(/maxBatchSize/);
  });
});

describe("B65 a backend", () => {
  test("that is down is reported once, and once when it works again", async () => {
    await using collector = await startCollector(() => ({ status: 400 }));
    const logger = memoryLogger();
    const url = `${collector.url}/v1/traces?token=s3cr3t`;
    const exporter = otlpExporter({ url, scheduleDelayMs: 1 });
    const tracing = createTracing({ env: {}, exporters: [exporter], logger });
    for (let n = 0; n < 3; n++) {
      tracing.tracer.startSpan({ name: "a" }).end();
      await tracing.flush();
    }
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({ level: "warn" });
    expect(logger.lines[0]!.message).toContain(`${collector.url}/v1/traces fails`);
    expect(JSON.stringify(logger.lines)).not.toContain("s3cr3t");
    collector.script = () => ({ status: 200 });
    tracing.tracer.startSpan({ name: "b" }).end();
    await tracing.flush();
    expect(logger.lines[1]).toMatchObject({ level: "info", fields: { lost_spans: 3 } });
    await tracing.close();
  });

  test("that nobody listens at, or that hangs, costs spans and holds nothing up", async () => {
    await using hanging = await startCollector(() => "hang");
    const closed = await startCollector();
    await closed[Symbol.asyncDispose]();
    for (const { url } of [hanging, closed]) {
      const logger = memoryLogger();
      const exporter = otlpExporter({
        url: `${url}/v1/traces`,
        timeoutMs: 200,
        scheduleDelayMs: 1,
        maxQueueSize: 10,
        flushTimeoutMs: 1_000,
      });
      const tracing = createTracing({ env: {}, exporters: [exporter], logger });
      for (let n = 0; n < 50; n++) {
        tracing.tracer.startSpan({ name: "a" }).end();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const began = performance.now();
      await tracing.close();
      expect(performance.now() - began).toBeLessThan(4_000);
      expect(logger.lines.map(({ level }) => level)).toEqual(["warn"]);
    }
  });

  test("whose exporter never calls back is given up after its time", async () => {
    const logger = memoryLogger();
    const stuck = { export: () => {}, shutdown: () => new Promise<void>(() => {}) };
    const exporter = otelExporter(stuck, {
      exportTimeoutMs: 50,
      scheduleDelayMs: 1,
      flushTimeoutMs: 300,
    });
    const tracing = createTracing({ env: {}, exporters: [exporter], logger });
    tracing.tracer.startSpan({ name: "a" }).end();
    await until(() => logger.lines.length === 1);
    expect(JSON.stringify(logger.lines[0])).toContain("No answer within 50 ms");
    await tracing.close();
  });

  test("is tried again by OpenTelemetry's exporter when it is busy", async () => {
    let calls = 0;
    await using collector = await startCollector(() => ({ status: ++calls === 1 ? 503 : 200 }));
    const logger = memoryLogger();
    const exporter = otlpExporter({ url: `${collector.url}/v1/traces`, scheduleDelayMs: 1 });
    const tracing = createTracing({ env: {}, exporters: [exporter], logger });
    tracing.tracer.startSpan({ name: "a" }).end();
    await tracing.flush();
    expect(collector.spans).toHaveLength(1);
    expect(logger.lines).toEqual([]);
    await tracing.close();
  });
});
