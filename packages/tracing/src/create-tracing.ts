import type { Tracer } from "@wheelhouse/core";
import type { Route } from "@wheelhouse/http";
import { createMemoryStore, type Records } from "@wheelhouse/store";
import { createFeedback, type Feedback } from "./feedback/feedback.js";
import { registerOtel } from "./instrument/register-otel.js";
import { createLocalSink } from "./local/local-sink.js";
import { createMetrics, type Metrics } from "./metrics/metrics.js";
import { createTraces, type Traces } from "./local/traces.js";
import { SpanQueue } from "./pipeline/span-queue.js";
import { feedbackRoutes } from "./routes/feedback-routes.js";
import { metricsRoute } from "./routes/metrics-route.js";
import { traceRoutes } from "./routes/trace-routes.js";
import { createTracer } from "./tracer.js";
import { type TracingOptions, tracingSettings } from "./tracing-options.js";

/** Feedback kept in memory where no records were given. */
const MAX_FEEDBACK = 10_000;

/** What traces a server. */
export interface Tracing {
  /** For `createAgentServer({ tracer })`. */
  readonly tracer: Tracer;
  /**
   * `GET /traces`, `GET /traces/{id}`, feedback, and `GET /metrics`, for the server's table of routes. On a
   * public address they are served only with authentication.
   */
  readonly routes: readonly Route[];
  /** The local store's traces; undefined without one. */
  readonly traces: Traces | undefined;
  readonly feedback: Feedback;
  readonly metrics: Metrics;
  /**
   * Makes this the OpenTelemetry of the process: spans that libraries and instrumentations make through
   * `@opentelemetry/api` become part of the run they happen in. Call it before they are loaded; `close`
   * takes it back.
   *
   * @throws Error when another OpenTelemetry SDK is registered already.
   */
  register(): Promise<void>;
  /** Resolves when every span that has ended is in the store and with the backends, or was given up. */
  flush(): Promise<void>;
  /** Flushes, then closes the exporters and the store. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Makes the tracing of a process. Nothing is loaded or opened beyond what the options bring.
 *
 * @throws TypeError or RangeError that names the option, or the variable.
 */
export function createTracing(options: TracingOptions = {}): Tracing {
  const settings = tracingSettings(options);
  const { store, logger, env } = settings;
  const metrics = createMetrics();
  for (const exporter of settings.exporters) exporter.start?.({ logger });
  const local = store === undefined ? [] : [createLocalSink(store, logger)];
  const queue = new SpanQueue({
    sinks: [metrics.sink, ...local, ...settings.exporters],
    maxValueCharacters: settings.maxValueCharacters,
    logger,
  });
  const traces = store === undefined ? undefined : createTraces(store, () => settle());
  const settle = (): void => {
    queue.settle();
    for (const sink of local) sink.send();
  };
  const records: Records =
    settings.records ?? createMemoryStore({ maxRecords: MAX_FEEDBACK }).records;
  const feedback = createFeedback(records, traces);
  const tracer = createTracer({
    sample: settings.sample,
    processParent: env["TRACEPARENT"],
    started: (isRoot) => {
      if (isRoot) metrics.runStarted();
    },
    ended: (span) => {
      if (span.place.isRoot) metrics.runEnded();
      queue.push(span);
    },
  });
  let unregister: Promise<() => void> | undefined;
  let closing: Promise<void> | undefined;

  const end = async (): Promise<void> => {
    const takeBack = await unregister?.catch(() => undefined);
    takeBack?.();
    await queue.close();
    metrics.close();
  };

  return {
    tracer,
    routes: [
      ...(traces === undefined ? [] : traceRoutes(traces)),
      ...feedbackRoutes(feedback),
      metricsRoute(metrics),
    ],
    traces,
    feedback,
    metrics,
    async register() {
      const { sample } = settings;
      unregister ??= registerOtel({ tracer, sample, ended: (span) => queue.push(span) });
      await unregister;
    },
    flush: () => queue.flush(),
    close: () => (closing ??= end()),
  };
}
