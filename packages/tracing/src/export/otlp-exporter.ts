import type { SpanSink } from "../pipeline/span-sink.js";
import { type BatchOptions, batchSettings } from "./batch-options.js";
import { BatchSink } from "./batch-sink.js";
import { withoutCredentials } from "./without-credentials.js";

/** Where OTLP goes. What is not given comes from OpenTelemetry's environment variables. */
export interface OtlpExporterOptions extends BatchOptions {
  /**
   * The whole address: `https://collector.example.com/v1/traces`. Default: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`,
   * else `OTEL_EXPORTER_OTLP_ENDPOINT` and `/v1/traces`, else `http://localhost:4318/v1/traces`.
   */
  readonly url?: string | undefined;
  /** Beside those of `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_TRACES_HEADERS`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds for one request with its retries. Default `OTEL_EXPORTER_OTLP_TIMEOUT`, else 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Where `OTEL_SERVICE_NAME` is unset. Default `wheelhouse`. */
  readonly serviceName?: string | undefined;
}

/**
 * Sends spans to any OpenTelemetry backend: OTLP over HTTP, protobuf, with OpenTelemetry's own exporter,
 * which also reads certificates, compression and the like from its variables.
 *
 * @throws RangeError or TypeError that names the option or the variable.
 */
export function otlpExporter(options: OtlpExporterOptions = {}): SpanSink {
  const { url, headers, timeoutMs, serviceName } = options;
  if (url !== undefined && !URL.canParse(url)) throw new TypeError(`url must be a URL: "${url}".`);
  const where =
    url ??
    process.env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ??
    process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ??
    "http://localhost:4318";
  return new BatchSink({
    name: "otlp",
    what: `The OpenTelemetry backend at ${withoutCredentials(where)}`,
    settings: batchSettings(options, process.env),
    serviceName,
    createExporter: ({ otlp }) =>
      new otlp.OTLPTraceExporter({
        ...(url === undefined ? {} : { url }),
        ...(headers === undefined ? {} : { headers: { ...headers } }),
        ...(timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs }),
      }),
  });
}
