import type { Span, SpanId, TraceId } from "@wheelhouse/core";
import { createSpanId } from "@wheelhouse/core";

const nothing = (): void => {};

/** A span that has ids and records nothing: of a trace that is not sampled, or past a bound. */
export function idSpan(traceId: TraceId, spanId: SpanId = createSpanId()): Span {
  return {
    traceId,
    spanId,
    isRecording: false,
    setAttribute: nothing,
    setInputs: nothing,
    setOutputs: nothing,
    setStatus: nothing,
    end: nothing,
    addEvent: nothing,
    observe: nothing,
    child: () => idSpan(traceId),
  };
}
