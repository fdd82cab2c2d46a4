import { type Logger, silentLogger } from "@wheelhouse/core";
import type { Records, TraceStore } from "@wheelhouse/store";
import type { SpanSink } from "./pipeline/span-sink.js";
import { type Sample, sampleRatio } from "./sampling.js";

/** What {@link createTracing} takes. Everything has a default. */
export interface TracingOptions {
  /** The local store; closed with the tracing. Default: none, and `GET /traces` is not there. */
  readonly store?: TraceStore | undefined;
  /** Where spans go beside the store: `otlpExporter()`, `mlflowExporter()`, or one's own. Default: nowhere. */
  readonly exporters?: readonly SpanSink[] | undefined;
  /**
   * Where feedback is kept. Not closed with the tracing. Default: in memory, the last 10,000 of it.
   */
  readonly records?: Records | undefined;
  /**
   * Share of the traces begun here that are recorded, 0 to 1. Default: what `OTEL_TRACES_SAMPLER` and
   * `OTEL_TRACES_SAMPLER_ARG` say, else 1. A caller's `traceparent` decides for its own traces.
   */
  readonly sampleRatio?: number | undefined;
  /** Characters kept of a span's inputs, of its outputs, of an attribute; 1,000 to 16 Mi. Default 32,768. */
  readonly maxValueCharacters?: number | undefined;
  /** Told once of a backend that is down, and once when it works again. Default: nobody. */
  readonly logger?: Logger | undefined;
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Options with their defaults. */
export interface TracingSettings {
  readonly store: TraceStore | undefined;
  readonly exporters: readonly SpanSink[];
  readonly records: Records | undefined;
  readonly sample: Sample;
  readonly maxValueCharacters: number;
  readonly logger: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Checks options and fills in defaults.
 *
 * @throws TypeError or RangeError that names the option, or the variable.
 */
export function tracingSettings(options: TracingOptions): TracingSettings {
  const { store, exporters = [], maxValueCharacters = 32_768, env = process.env } = options;
  if (
    !Number.isInteger(maxValueCharacters) ||
    maxValueCharacters < 1_000 ||
    maxValueCharacters > 2 ** 24
  )
    throw new RangeError(
      `maxValueCharacters must be a whole number from 1,000 to 16,777,216, not ${String(maxValueCharacters)}.`,
    );
  if (store !== undefined && typeof store.append !== "function")
    throw new TypeError("store must be a trace store: createSqliteTraceStore() makes one.");
  for (const exporter of exporters)
    if (typeof exporter.write !== "function" || typeof exporter.close !== "function")
      throw new TypeError("exporters must be a list of exporters: otlpExporter() makes one.");
  return {
    store,
    exporters,
    records: options.records,
    sample:
      options.sampleRatio === undefined ? sampleFromEnv(env) : sampleRatio(options.sampleRatio),
    maxValueCharacters,
    logger: options.logger ?? silentLogger,
    env,
  };
}

/** OpenTelemetry, SDK environment variables: the parent decides in all of them, as it does here anyway. */
function sampleFromEnv(env: TracingSettings["env"]): Sample {
  const name = env["OTEL_TRACES_SAMPLER"]?.trim().toLowerCase() ?? "";
  switch (name) {
    case "":
    case "always_on":
    case "parentbased_always_on":
      return sampleRatio(1);
    case "always_off":
    case "parentbased_always_off":
      return sampleRatio(0);
    case "traceidratio":
    case "parentbased_traceidratio": {
      const argument = env["OTEL_TRACES_SAMPLER_ARG"]?.trim();
      const ratio = argument === undefined || argument === "" ? 1 : Number(argument);
      if (!(ratio >= 0 && ratio <= 1))
        throw new RangeError(
          `OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not "${argument}".`,
        );
      return sampleRatio(ratio);
    }
    default:
      throw new TypeError(
        `OTEL_TRACES_SAMPLER="${name}" is not known: use always_on, always_off or traceidratio, with or without parentbased_.`,
      );
  }
}
