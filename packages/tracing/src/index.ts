// This file is the whole public surface of @wheelhouse/tracing.

// Trace a server
export { createTracing } from "./create-tracing.js";
export type { Tracing } from "./create-tracing.js";
export type { TracingOptions } from "./tracing-options.js";

// Where spans go
export { exportersFromEnv } from "./export/exporters-from-env.js";
export { otelExporter } from "./export/otel-exporter.js";
export type { OtelExporterOptions } from "./export/otel-exporter.js";
export { otlpExporter } from "./export/otlp-exporter.js";
export type { OtlpExporterOptions } from "./export/otlp-exporter.js";
export type { BatchOptions } from "./export/batch-options.js";
export { mlflowExporter } from "./mlflow/mlflow-exporter.js";
export type { MlflowExporterOptions } from "./mlflow/mlflow-options.js";
export type { SpanSink } from "./pipeline/span-sink.js";
export type { SpanMoment, SpanOutcome, SpanRecord } from "./span/span-record.js";

// Traces that are kept here
export type { ListTracesOptions, Trace, TracePage, Traces } from "./local/traces.js";
export type { SpanJson, SpanStatusText } from "./local/span-json.js";
export type { TraceSummary } from "./local/trace-summary.js";

// Traces across processes
export { activeSpan, traceEnvironment, traceHeaders } from "./propagation.js";

// Feedback and metrics
export type {
  EvaluationPage,
  EvaluationRow,
  Feedback,
  FeedbackEntry,
} from "./feedback/feedback.js";
export type { FeedbackInput } from "./feedback/feedback-entry.js";
export type { Metrics } from "./metrics/metrics.js";
