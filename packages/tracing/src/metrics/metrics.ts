import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { SpanSink } from "../pipeline/span-sink.js";
import type { SpanRecord } from "../span/span-record.js";
import { Counter, Gauge, Histogram, type Instrument } from "./instruments.js";

/** Seconds. From a cached answer to an agent at work for ten minutes. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Milliseconds between two looks at the event loop. */
const LAG_RESOLUTION_MS = 10;

/** Characters of a label. */
const MAX_LABEL = 100;

/** The figures of the runs of this process. */
export interface Metrics {
  /** All of them in Prometheus's text form. */
  text(): string;
  /**
   * Adds a figure that is read when the metrics are: how many runs wait, for one.
   *
   * @throws TypeError for a name that Prometheus does not take.
   */
  gauge(name: string, help: string, read: () => number): void;
}

/** What the tracing tells the metrics. */
export interface MetricsParts extends Metrics {
  readonly sink: SpanSink;
  runStarted(): void;
  runEnded(): void;
  close(): void;
}

export function createMetrics(): MetricsParts {
  const runs = new Counter("wheelhouse_runs_total", "Runs that have ended, by agent and outcome.");
  const duration = new Histogram("wheelhouse_run_duration_seconds", "How long runs took.", SECONDS);
  const firstToken = new Histogram(
    "wheelhouse_time_to_first_token_seconds",
    "How long streamed runs took to their first token.",
    SECONDS,
  );
  const tokens = new Counter("wheelhouse_tokens_total", "Tokens that agents reported, by kind.");
  const cost = new Counter(
    "wheelhouse_cost_usd_total",
    "What agents reported as cost, in US dollars.",
  );
  const tools = new Counter(
    "wheelhouse_tool_calls_total",
    "Tool calls of runs, by tool and outcome.",
  );
  let active = 0;
  let lag: IntervalHistogram | undefined;
  const lagOf = (read: (histogram: IntervalHistogram) => number): number => {
    // Not before somebody asks: it wakes the process again and again.
    if (lag === undefined) {
      lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
      lag.enable();
    }
    const nanoseconds = read(lag);
    // What is measured is the time between two looks: without a lag it is the resolution.
    const seconds = (nanoseconds / 1e6 - LAG_RESOLUTION_MS) / 1e3;
    return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
  };
  const instruments: Instrument[] = [
    runs,
    duration,
    firstToken,
    tokens,
    cost,
    tools,
    new Gauge("wheelhouse_active_runs", "Runs under way.", () => active),
    new Gauge(
      "wheelhouse_event_loop_lag_p99_seconds",
      "Event loop lag since the last look, p99.",
      () => lagOf((histogram) => histogram.percentile(99)),
    ),
    new Gauge(
      "wheelhouse_event_loop_lag_max_seconds",
      "Event loop lag since the last look, maximum.",
      () => {
        const most = lagOf((histogram) => histogram.max);
        lag?.reset();
        return most;
      },
    ),
  ];

  const count = (record: SpanRecord): void => {
    const { attributes, outcome } = record;
    if (!record.isRoot) {
      if (record.type === "TOOL") tools.add({ tool: label(record.name), status: outcome }, 1);
      return;
    }
    const agent = label(String(attributes["gen_ai.agent.name"] ?? record.name));
    runs.add({ agent, status: outcome }, 1);
    duration.observe({ agent }, Math.max(0, record.endTime - record.startTime) / 1000);
    const first = attributes["gen_ai.response.time_to_first_chunk"];
    if (typeof first === "number") firstToken.observe({ agent }, first);
    addTo(tokens, { agent, type: "input" }, attributes["gen_ai.usage.input_tokens"]);
    addTo(tokens, { agent, type: "output" }, attributes["gen_ai.usage.output_tokens"]);
    addTo(tokens, { agent, type: "cached" }, attributes["gen_ai.usage.cache_read.input_tokens"]);
    addTo(cost, { agent }, totalCost(attributes["mlflow.llm.cost"]));
  };

  return {
    text: () => instruments.map((instrument) => instrument.text()).join(""),
    gauge(name, help, read) {
      if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) || /\n/.test(help))
        throw new TypeError(`"${name}" cannot be the name of a metric.`);
      instruments.push(new Gauge(name, help, read));
    },
    runStarted: () => void active++,
    runEnded: () => void active--,
    close: () => void lag?.disable(),
    sink: {
      name: "metrics",
      write: (records) => records.forEach(count),
      flush: async () => {},
      close: async () => {},
    },
  };
}

const label = (text: string): string => text.slice(0, MAX_LABEL);

function addTo(counter: Counter, labels: Readonly<Record<string, string>>, amount: unknown): void {
  // A counter never goes back, whatever an agent reports.
  if (typeof amount === "number" && amount > 0 && Number.isFinite(amount))
    counter.add(labels, amount);
}

/** MLflow's attribute: JSON text with `total_cost`. */
function totalCost(value: unknown): unknown {
  if (typeof value !== "string") return undefined;
  try {
    return (JSON.parse(value) as { total_cost?: unknown } | null)?.total_cost;
  } catch {
    return undefined;
  }
}
