import type * as Api from "@opentelemetry/api";
import type * as Core from "@opentelemetry/core";
import type * as Otlp from "@opentelemetry/exporter-trace-otlp-proto";
import type * as Resources from "@opentelemetry/resources";
import type * as Sdk from "@opentelemetry/sdk-trace";

/** The parts of OpenTelemetry's SDK that exporters use. */
export interface OtelSdk {
  readonly api: typeof Api;
  readonly core: typeof Core;
  readonly otlp: typeof Otlp;
  readonly resources: typeof Resources;
  readonly trace: typeof Sdk;
}

let loading: Promise<OtelSdk> | undefined;

/** Loaded with the first exporter that needs it: a process without one starts without it. */
export function loadOtelSdk(): Promise<OtelSdk> {
  loading ??= Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/core"),
    import("@opentelemetry/exporter-trace-otlp-proto"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/sdk-trace"),
  ]).then(([api, core, otlp, resources, trace]) => ({ api, core, otlp, resources, trace }));
  return loading;
}

/** Calls a function whose requests leave no spans: exporting spans must not make spans to be exported. */
export function untraced<Result>({ api, core }: OtelSdk, fn: () => Result): Result {
  return api.context.with(core.suppressTracing(api.context.active()), fn);
}
