import { mlflowExporter } from "../mlflow/mlflow-exporter.js";
import { isMlflowServer } from "../mlflow/mlflow-options.js";
import type { SpanSink } from "../pipeline/span-sink.js";
import { otlpExporter } from "./otlp-exporter.js";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The exporters that the environment asks for: MLflow's with a `MLFLOW_TRACKING_URI` that is a server's
 * address, OpenTelemetry's with `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`, both
 * with both. None with `OTEL_SDK_DISABLED=true` or `OTEL_TRACES_EXPORTER=none`.
 *
 * @throws TypeError or RangeError that names the variable.
 */
export function exportersFromEnv(env: Env = process.env): SpanSink[] {
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return [];
  if (env["OTEL_TRACES_EXPORTER"]?.toLowerCase() === "none") return [];
  const hasOtlp =
    isSet(env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]) || isSet(env["OTEL_EXPORTER_OTLP_ENDPOINT"]);
  return [
    ...(isMlflowServer(env["MLFLOW_TRACKING_URI"] ?? "") ? [mlflowExporter()] : []),
    ...(hasOtlp ? [otlpExporter()] : []),
  ];
}

const isSet = (value: string | undefined): boolean => value !== undefined && value.trim() !== "";
