import { type Context, createContextKey, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { type Span, spanScopes } from "@wheelhouse/core";

/** Under which a context has our own span, which can do more than OpenTelemetry's stand-in for it. */
const OWN_SPAN = createContextKey("wheelhouse.span");

const SAMPLED = 1;

/** A context in which our span is the active one for OpenTelemetry too. */
export function withOwnSpan(context: Context, span: Span): Context {
  const { traceId, spanId, isRecording } = span;
  const traceFlags = isRecording ? SAMPLED : 0;
  return trace.setSpanContext(context, { traceId, spanId, traceFlags }).setValue(OWN_SPAN, span);
}

/** Our span in a context, where it is the innermost one. */
export function ownSpan(context: Context): Span | undefined {
  const own = context.getValue(OWN_SPAN) as Span | undefined;
  // An instrumentation may have started a span of its own inside.
  return own?.spanId === trace.getSpanContext(context)?.spanId ? own : undefined;
}

/** OpenTelemetry's contexts, and at their root the span of the run around the caller. */
export class RunContextManager extends AsyncLocalStorageContextManager {
  override active(): Context {
    const context = super.active();
    if (trace.getSpan(context) !== undefined) return context;
    const run = spanScopes().run?.();
    return run === undefined ? context : withOwnSpan(context, run);
  }
}
