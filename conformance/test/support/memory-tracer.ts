import {
  createSpanId,
  createTraceId,
  parseTraceparent,
  type Span,
  type SpanAttribute,
  type SpanId,
  type SpanStatus,
  type StartSpanOptions,
  type TraceId,
  type Tracer,
} from "@wheelhouse/core";

/** A span that remembers what it was told. */
export class RecordedSpan implements Span {
  readonly isRecording = true;
  readonly name: string;
  readonly traceId: TraceId;
  readonly spanId: SpanId = createSpanId();
  /** The span this one belongs under: in this process, or the caller's. */
  readonly parentId: SpanId | undefined;
  readonly attributes = new Map<string, SpanAttribute>();
  inputs: unknown;
  /** A list: empty when no outputs were set. */
  readonly outputs: unknown[] = [];
  status: SpanStatus | undefined;
  ends = 0;

  constructor({ name, traceparent, parent }: StartSpanOptions) {
    const caller = parseTraceparent(traceparent);
    this.name = name;
    this.traceId = parent?.traceId ?? caller?.traceId ?? createTraceId();
    this.parentId = parent?.spanId ?? caller?.parentId;
  }

  setAttribute(key: string, value: SpanAttribute): void {
    this.attributes.set(key, value);
  }

  setInputs(inputs: unknown): void {
    this.inputs = structuredClone(inputs);
  }

  setOutputs(outputs: unknown): void {
    this.outputs.push(structuredClone(outputs));
  }

  setStatus(status: SpanStatus): void {
    this.status = status;
  }

  end(): void {
    this.ends += 1;
  }
}

/** A tracer that keeps its spans. */
export class MemoryTracer implements Tracer {
  readonly spans: RecordedSpan[] = [];

  startSpan(options: StartSpanOptions): Span {
    const span = new RecordedSpan(options);
    this.spans.push(span);
    return span;
  }

  /** The spans that belong under no other span of this process. */
  get roots(): RecordedSpan[] {
    const ids = new Set<string>(this.spans.map((span) => span.spanId));
    return this.spans.filter((span) => span.parentId === undefined || !ids.has(span.parentId));
  }
}
