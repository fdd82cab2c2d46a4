import { createTracing, type Tracing } from "@wheelhouse/tracing";
import { createHttpServer } from "@wheelhouse/http";
import { describe, expect, test } from "vitest";

/** Samples by name and labels. Throws for a line that is not of Prometheus's text form. */
function samples(text: string): Map<string, number> {
  const out = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || /^# (?:HELP|TYPE) [a-z0-9_]+ /.test(line)) continue;
    const match =
      /^([a-zA-Z_:][\w:]*(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})?) (-?[\d.e+-]+)$/.exec(line);
    if (match === null) throw new Error(`Not a sample: ${line}`);
    out.set(match[1]!, Number(match[2]));
  }
  return out;
}

function run(tracing: Tracing, name: string, usage: object = {}, cost?: string): void {
  const span = tracing.tracer.startSpan({ name });
  span.observe!({ type: "response.output_text.delta" });
  if (cost !== undefined) span.setAttribute("mlflow.llm.cost", cost);
  span.setOutputs({ usage });
  span.setStatus(name === "fails" ? "error" : "ok");
  span.end();
}

describe("GET /metrics", () => {
  test("has runs, latencies, first tokens, tokens, cost, tools and the event loop", async () => {
    const tracing = createTracing({ env: {} });
    run(tracing, "a", { input_tokens: 3, output_tokens: 4 }, '{"total_cost":0.25}');
    run(tracing, "a", { input_tokens: 1, output_tokens: 1 }, "not json");
    run(tracing, "fails", { input_tokens: -5, output_tokens: Number.NaN });
    const open = tracing.tracer.startSpan({ name: "b" });
    const tool = open.child!({ name: "search", type: "TOOL" });
    tool.end();
    tracing.metrics.gauge("wheelhouse_queued_runs", "Runs that wait.", () => 7);
    await tracing.flush();

    const server = createHttpServer({ routes: tracing.routes });
    const { url } = await server.listen({ port: 0 });
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const found = samples(await response.text());
    expect(Object.fromEntries(found)).toMatchObject({
      'wheelhouse_runs_total{agent="a",status="ok"}': 2,
      'wheelhouse_runs_total{agent="fails",status="error"}': 1,
      'wheelhouse_run_duration_seconds_count{agent="a"}': 2,
      'wheelhouse_run_duration_seconds_bucket{agent="a",le="+Inf"}': 2,
      'wheelhouse_time_to_first_token_seconds_count{agent="a"}': 2,
      'wheelhouse_tokens_total{agent="a",type="input"}': 4,
      'wheelhouse_tokens_total{agent="a",type="output"}': 5,
      'wheelhouse_cost_usd_total{agent="a"}': 0.25,
      'wheelhouse_tool_calls_total{tool="search",status="ok"}': 1,
      wheelhouse_active_runs: 1,
      wheelhouse_queued_runs: 7,
    });
    expect(found.has('wheelhouse_tokens_total{agent="fails",type="input"}')).toBe(false);
    expect(found.get("wheelhouse_event_loop_lag_p99_seconds")).toBeGreaterThanOrEqual(0);
    expect(found.get("wheelhouse_event_loop_lag_max_seconds")).toBeLessThan(60);
    open.end();
    await tracing.flush();
    expect(samples(tracing.metrics.text()).get("wheelhouse_active_runs")).toBe(0);
    await server.close({ graceMs: 0 });
    await tracing.close();
  });

  test("escapes labels, and bounds how many there are", async () => {
    const tracing = createTracing({ env: {} });
    run(tracing, 'quo"te\\\n');
    for (let n = 0; n < 500; n++) run(tracing, `agent-${n}`);
    await tracing.flush();
    const found = samples(tracing.metrics.text());
    expect(found.get(String.raw`wheelhouse_runs_total{agent="quo\"te\\\n",status="ok"}`)).toBe(1);
    const runs = [...found].filter(([name]) => name.startsWith("wheelhouse_runs_total"));
    expect(runs).toHaveLength(201);
    expect(found.get('wheelhouse_runs_total{agent="other",status="other"}')).toBe(301);
    await tracing.close();
  });

  test("buckets hold what is at most their bound", async () => {
    const tracing = createTracing({ env: {} });
    run(tracing, "a");
    await tracing.flush();
    const counts = [...samples(tracing.metrics.text())]
      .filter(([name]) => name.startsWith("wheelhouse_run_duration_seconds_bucket"))
      .map(([, value]) => value);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(1);
    await tracing.close();
  });

  test.each(["1a", "a b", "", 'a{x="1"}'])("refuses the name %j", (name) => {
    const tracing = createTracing({ env: {} });
    expect(() => tracing.metrics.gauge(name, "help", () => 1)).toThrow(TypeError);
  });
});
