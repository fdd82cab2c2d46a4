import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { SpanSink } from "../pipeline/span-sink.js";
import { type BatchOptions, batchSettings } from "./batch-options.js";
import { BatchSink } from "./batch-sink.js";

/** Options of {@link otelExporter}. */
export interface OtelExporterOptions extends BatchOptions {
  /** Where `OTEL_SERVICE_NAME` is unset. Default `wheelhouse`. */
  readonly serviceName?: string | undefined;
}

/** Sends spans through any exporter of OpenTelemetry's JavaScript SDK: a vendor's own, the console's. */
export function otelExporter(exporter: SpanExporter, options: OtelExporterOptions = {}): SpanSink {
  return new BatchSink({
    name: "otel",
    what: "The OpenTelemetry exporter",
    settings: batchSettings(options, process.env),
    serviceName: options.serviceName,
    createExporter: () => exporter,
  });
}
