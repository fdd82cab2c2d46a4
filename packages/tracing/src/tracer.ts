import {
  createSpanId,
  createTraceId,
  parseTraceparent,
  type Span,
  type SpanId,
  type StartSpanOptions,
  type TraceId,
  type Tracer,
} from "@wheelhouse/core";
import type { Sample } from "./sampling.js";
import { idSpan } from "./span/id-span.js";
import { RecordingSpan } from "./span/recording-span.js";
import { TraceClock } from "./span/trace-clock.js";

/** What a tracer is made of. */
export interface TracerParts {
  readonly sample: Sample;
  /** The `traceparent` this process was started with: its own roots are under that span. */
  readonly processParent: string | undefined;
  readonly started: (isRoot: boolean) => void;
  readonly ended: (span: RecordingSpan) => void;
}

/** The tracer that servers are given. Starting a span costs two ids and one object. */
export function createTracer(parts: TracerParts): Tracer {
  const record = (
    traceId: TraceId,
    parentId: SpanId | undefined,
    isRoot: boolean,
    { name, type, attributes }: StartSpanOptions,
  ): Span => {
    parts.started(isRoot);
    const trace = { traceId, clock: new TraceClock(), ended: parts.ended, spans: 0 };
    const place = { name, type: type ?? (isRoot ? "AGENT" : "UNKNOWN"), parentId, isRoot } as const;
    return new RecordingSpan(trace, place, attributes);
  };

  return {
    startSpan(options) {
      const { parent } = options;
      if (parent !== undefined) {
        const { traceId, spanId, isRecording } = parent;
        if (!isRecording) return idSpan(traceId);
        if (parent instanceof RecordingSpan) return parent.child(options);
        return record(traceId, spanId, false, options);
      }
      const caller = parseTraceparent(options.traceparent) ?? parseTraceparent(parts.processParent);
      const traceId = caller?.traceId ?? createTraceId();
      const isSampled = caller?.sampled ?? parts.sample(traceId);
      if (!isSampled) return idSpan(traceId, createSpanId());
      return record(traceId, caller?.parentId, true, options);
    },
  };
}
