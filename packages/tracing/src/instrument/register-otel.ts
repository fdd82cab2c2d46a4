import type { Context } from "@opentelemetry/api";
import type { ReadableSpan, Sampler } from "@opentelemetry/sdk-trace";
import {
  type Span,
  type SpanId,
  type SpanScope,
  spanScopes,
  type TraceId,
  type Tracer,
} from "@wheelhouse/core";
import type { Sample } from "../sampling.js";

/** What OpenTelemetry's spans become part of. */
export interface RegisterParts {
  readonly tracer: Tracer;
  readonly sample: Sample;
  /** Takes a span that an instrumentation ended. */
  readonly ended: (span: ReadableSpan) => void;
}

/**
 * Makes these traces the OpenTelemetry of the process: what instrumentations and libraries do through
 * `@opentelemetry/api` becomes part of the run it happens in. Gives a function that takes it back.
 *
 * @throws Error when another SDK is registered already.
 */
export async function registerOtel(parts: RegisterParts): Promise<() => void> {
  const [
    { context: contexts, propagation, trace },
    core,
    sdk,
    { ownSpan, RunContextManager, withOwnSpan },
  ] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/core"),
    import("@opentelemetry/sdk-trace"),
    import("./run-context-manager.js"),
  ]);
  const root: Sampler = {
    shouldSample: (_context: Context, traceId: string) => ({
      decision: parts.sample(traceId as TraceId)
        ? sdk.SamplingDecision.RECORD_AND_SAMPLED
        : sdk.SamplingDecision.NOT_RECORD,
    }),
    toString: () => "wheelhouse",
  };
  const provider = new sdk.TracerProvider({
    sampler: new sdk.ParentBasedSampler({ root }),
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => parts.ended(span),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  const manager = new RunContextManager();
  if (!trace.setGlobalTracerProvider(provider))
    throw new Error(
      "Another OpenTelemetry SDK is registered in this process: give it an exporter instead, or do not start it.",
    );
  contexts.setGlobalContextManager(manager.enable());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());

  /** A span of an instrumentation, as one that authors' spans can be under. */
  const adopt = (active: Context): Span | undefined => {
    const span = trace.getSpan(active);
    if (span === undefined) return undefined;
    const { traceId, spanId, traceFlags } = span.spanContext();
    const ids = {
      traceId: traceId as TraceId,
      spanId: spanId as SpanId,
      isRecording: (traceFlags & 1) === 1,
    };
    return {
      ...ids,
      setAttribute: (key, value) => void span.setAttribute(key, value),
      setInputs: () => {},
      setOutputs: () => {},
      setStatus: (status, message) =>
        void span.setStatus({
          code: status === "ok" ? 1 : 2,
          ...(message === undefined ? {} : { message }),
        }),
      addEvent: (name, attributes) => void span.addEvent(name, attributes),
      child: (options) => parts.tracer.startSpan({ ...options, parent: ids }),
      // Whoever started it ends it.
      end: () => {},
    };
  };
  const scope: SpanScope = {
    active() {
      const active = contexts.active();
      return ownSpan(active) ?? adopt(active);
    },
    run: (span, fn) => contexts.with(withOwnSpan(contexts.active(), span), fn),
  };
  const scopes = spanScopes();
  scopes.scope = scope;

  return () => {
    if (scopes.scope === scope) scopes.scope = undefined;
    trace.disable();
    contexts.disable();
    propagation.disable();
    void provider.shutdown();
  };
}
