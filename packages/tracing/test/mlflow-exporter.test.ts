import { execFileSync } from "node:child_process";
import { tempDir, until } from "@wheelhouse/test-support";
import { createTracing, mlflowExporter, type MlflowExporterOptions } from "@wheelhouse/tracing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { gitVersionName } from "../src/mlflow/git-version.js";
import { type Arrived, type Collector, startCollector } from "./support/collector.js";
import { memoryLogger } from "./support/memory-logger.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Sends one run to a server and gives the requests that came, without OTLP's body. */
async function send(
  collector: Collector,
  options: MlflowExporterOptions = {},
): Promise<readonly Arrived[]> {
  const exporter = mlflowExporter({ trackingUri: collector.url, ...options });
  const tracing = createTracing({ env: {}, exporters: [exporter] });
  const span = tracing.tracer.startSpan({ name: "answer" });
  span.setInputs({ input: "hi" });
  span.setStatus("ok");
  span.end();
  await tracing.close();
  return collector.requests;
}

const json = (status: number, body: object): { status: number; body: string } => ({
  status,
  body: JSON.stringify(body),
});

describe("MLflow's preset", () => {
  test("sends to the server's OTLP intake, into the default experiment", async () => {
    await using collector = await startCollector();
    const requests = await send(collector, { trackingUri: `${collector.url}/` });
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/traces"]);
    expect(requests[0]!.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "x-mlflow-experiment-id": "0",
    });
    expect(requests[0]!.headers).not.toHaveProperty("x-mlflow-run-id");
    expect(requests[0]!.headers).not.toHaveProperty("authorization");
    expect(collector.spans).toHaveLength(1);
  });

  test("takes experiment, run, workspace and credentials from MLflow's variables", async () => {
    await using collector = await startCollector();
    vi.stubEnv("MLFLOW_TRACKING_URI", collector.url);
    vi.stubEnv("MLFLOW_EXPERIMENT_ID", "7");
    vi.stubEnv("MLFLOW_RUN_ID", "run1");
    vi.stubEnv("MLFLOW_WORKSPACE", "team");
    vi.stubEnv("MLFLOW_TRACKING_USERNAME", "ann");
    vi.stubEnv("MLFLOW_TRACKING_PASSWORD", "pass:word");
    vi.stubEnv("MLFLOW_TRACKING_TOKEN", "ignored");
    await send(collector, { trackingUri: undefined });
    expect(collector.requests[0]!.headers).toMatchObject({
      "x-mlflow-experiment-id": "7",
      "x-mlflow-run-id": "run1",
      "x-mlflow-workspace": "team",
      authorization: `Basic ${Buffer.from("ann:pass:word").toString("base64")}`,
    });
  });

  test("sends a token as bearer", async () => {
    await using collector = await startCollector();
    await send(collector, { token: "t0ken" });
    expect(collector.requests[0]!.headers["authorization"]).toBe("Bearer t0ken");
  });

  test.each([
    ["one that is there", { experiment: { experiment_id: "42" } }, 1],
    ["one that is made", undefined, 2],
  ])("finds the experiment by name: %s", async (_, found, calls) => {
    await using collector = await startCollector(({ path }) => {
      if (path.includes("get-by-name"))
        return found === undefined
          ? json(404, { error_code: "RESOURCE_DOES_NOT_EXIST" })
          : json(200, found);
      return path.endsWith("experiments/create")
        ? json(200, { experiment_id: "42" })
        : { status: 200 };
    });
    const requests = await send(collector, { experimentName: "my agent's", token: "t" });
    expect(requests).toHaveLength(calls + 1);
    expect(requests[0]!.path).toBe(
      "/api/2.0/mlflow/experiments/get-by-name?experiment_name=my%20agent%27s",
    );
    expect(requests[0]!.headers["authorization"]).toBe("Bearer t");
    expect(requests.at(-1)!.headers["x-mlflow-experiment-id"]).toBe("42");
  });

  test("waits with its spans for a server that does not answer yet, and reports it once", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await using collector = await startCollector(() => json(500, { message: "starting" }));
      const logger = memoryLogger();
      const exporter = mlflowExporter({ trackingUri: collector.url, experimentName: "x" });
      const tracing = createTracing({ env: {}, exporters: [exporter], logger });
      tracing.tracer.startSpan({ name: "a" }).end();
      const seen = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
      while (logger.lines.length === 0) await seen();
      expect(logger.lines[0]!.fields["reason"]).toContain("500");
      collector.script = ({ path }) =>
        path.includes("get-by-name")
          ? json(200, { experiment: { experiment_id: "1" } })
          : { status: 200 };
      while (logger.lines.length === 1) {
        await vi.advanceTimersByTimeAsync(1_000);
        await seen();
      }
      expect(collector.spans).toHaveLength(1);
      expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
      vi.useRealTimers();
      await tracing.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    [{}, /MLFLOW_TRACKING_URI/],
    [{ trackingUri: "databricks" }, /http/],
    [{ trackingUri: "sqlite:///mlflow.db" }, /http/],
  ])("refuses %j", (options, message) => {
    vi.stubEnv("MLFLOW_TRACKING_URI", "");
    expect(() => mlflowExporter(options)).toThrow(message);
  });
});

describe("versions", () => {
  const models = (path: string): { status: number; body: string } => {
    if (path.endsWith("logged-models/search")) return json(200, {});
    if (path.endsWith("logged-models")) return json(200, { model: { info: { model_id: "m-1" } } });
    return json(200, {});
  };

  test("git links traces to the model of the commit, made once", async () => {
    await using collector = await startCollector(({ path }) => models(path));
    vi.stubEnv("DATABRICKS_APP_NAME", "shop");
    const requests = await send(collector, { version: "git", experimentId: "3" });
    const calls = requests.map(({ method, path }) => `${method} ${path}`);
    expect(calls).toEqual([
      "POST /api/2.0/mlflow/logged-models/search",
      "POST /api/2.0/mlflow/logged-models",
      "PATCH /api/2.0/mlflow/logged-models/m-1",
      "POST /v1/traces",
      "POST /api/3.0/mlflow/traces",
    ]);
    const body = (at: number): any => JSON.parse(requests[at]!.body.toString());
    expect(body(1)).toMatchObject({
      experiment_id: "3",
      name: expect.stringMatching(/^shop-git-[0-9a-f]{8}$/),
    });
    const info = body(4).trace.trace_info;
    expect(info).toMatchObject({
      trace_id: expect.stringMatching(/^tr-[0-9a-f]{32}$/),
      trace_location: { mlflow_experiment: { experiment_id: "3" } },
      state: "OK",
      trace_metadata: { "mlflow.modelId": "m-1" },
    });
    expect(info.execution_duration).toMatch(/^\d+\.\d{3}s$/);
  });

  test("git uses the model that is there", async () => {
    await using collector = await startCollector(({ path }) =>
      path.endsWith("search")
        ? json(200, { models: [{ info: { model_id: "m-9" } }] })
        : json(200, {}),
    );
    const requests = await send(collector, { version: "git" });
    expect(requests.map(({ path }) => path)).toEqual([
      "/api/2.0/mlflow/logged-models/search",
      "/v1/traces",
      "/api/3.0/mlflow/traces",
    ]);
  });

  test("a model id links without asking, from the option or MLFLOW_ACTIVE_MODEL_ID", async () => {
    for (const given of ["option", "variable"]) {
      await using collector = await startCollector(() => json(200, {}));
      if (given === "variable") vi.stubEnv("MLFLOW_ACTIVE_MODEL_ID", "m-7");
      const options = given === "option" ? { version: { modelId: "m-7" } } : {};
      const requests = await send(collector, options);
      expect(requests.map(({ path }) => path)).toEqual(["/v1/traces", "/api/3.0/mlflow/traces"]);
      expect(requests[1]!.body.toString()).toContain('"mlflow.modelId":"m-7"');
    }
  });

  test("outside of a repository there is none: no model named -no-git", async () => {
    await using folder = await tempDir();
    expect(await gitVersionName({}, folder.path)).toBeUndefined();
    expect(await gitVersionName({}, `${folder.path}/missing`)).toBeUndefined();
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: folder.path, encoding: "utf8" });
    git("init", "-q");
    expect(await gitVersionName({}, folder.path)).toBeUndefined();
    const who = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    git(...who, "commit", "-q", "--allow-empty", "--no-verify", "-m", "first");
    const commit = git("rev-parse", "HEAD").slice(0, 8);
    expect(await gitVersionName({}, folder.path)).toBe(`local-git-${commit}`);
    expect(await gitVersionName({ DATABRICKS_APP_NAME: "shop" }, folder.path)).toBe(
      `shop-git-${commit}`,
    );
  });

  test("a link that fails costs no span", async () => {
    await using collector = await startCollector(({ path }) =>
      path.startsWith("/api/3.0") ? json(500, { message: "no" }) : { status: 200 },
    );
    const logger = memoryLogger();
    const exporter = mlflowExporter({ trackingUri: collector.url, version: { modelId: "m" } });
    const tracing = createTracing({ env: {}, exporters: [exporter], logger });
    tracing.tracer.startSpan({ name: "a" }).end();
    await tracing.flush();
    expect(collector.spans).toHaveLength(1);
    await until(() => logger.lines.length === 1);
    await tracing.close();
  });
});
