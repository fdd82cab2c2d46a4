import type {
  ChildSpanOptions,
  ObservedEvent,
  Span,
  SpanAttribute,
  SpanId,
  SpanStatus,
  SpanType,
  TraceId,
} from "@wheelhouse/core";
import { createSpanId } from "@wheelhouse/core";
import { idSpan } from "./id-span.js";
import type { SpanMoment } from "./span-record.js";
import { ToolSpans } from "./tool-spans.js";
import type { TraceClock } from "./trace-clock.js";

/** Attributes and moments one span takes; more are counted. */
const MAX_ATTRIBUTES = 128;
const MAX_MOMENTS = 128;

/** Spans under one root, of this process; more are counted and not recorded. */
const MAX_SPANS = 1_000;

/** What the spans of one trace in this process share. */
export interface TraceState {
  readonly traceId: TraceId;
  readonly clock: TraceClock;
  /** Takes a span that has ended. */
  readonly ended: (span: RecordingSpan) => void;
  spans: number;
}

/** Where a span stands. */
export interface SpanPlace {
  readonly name: string;
  readonly type: SpanType;
  readonly parentId: SpanId | undefined;
  readonly isRoot: boolean;
}

/**
 * The span of the hot path: keeps what it is told by reference and does nothing with it. A record is made
 * of it off the request path, by {@link recordSpan}.
 */
export class RecordingSpan implements Span {
  readonly isRecording = true;
  readonly traceId: TraceId;
  readonly spanId: SpanId = createSpanId();
  readonly place: SpanPlace;
  readonly startTime: number;
  endTime: number | undefined;
  /** Unix milliseconds of the first delta. */
  firstTokenTime: number | undefined;
  inputs: unknown;
  outputs: unknown;
  /** Tokens, where the stream told them. */
  usage: unknown;
  hasInputs = false;
  hasOutputs = false;
  status: SpanStatus | undefined;
  message: string | undefined;
  attributes: Record<string, SpanAttribute> | undefined;
  moments: SpanMoment[] | undefined;
  /** Attributes, moments and spans that were one too many. */
  dropped = 0;
  /** True once events of the run's stream were seen: its tool calls need not be looked for in the outputs. */
  isObserved = false;
  readonly #trace: TraceState;
  #attributeCount = 0;
  #tools: ToolSpans | undefined;

  constructor(
    trace: TraceState,
    place: SpanPlace,
    attributes?: Readonly<Record<string, SpanAttribute>>,
    startTime: number = trace.clock.now(),
  ) {
    this.#trace = trace;
    this.traceId = trace.traceId;
    this.place = place;
    this.startTime = startTime;
    if (attributes !== undefined)
      for (const key of Object.keys(attributes)) this.setAttribute(key, attributes[key]!);
  }

  setAttribute(key: string, value: SpanAttribute): void {
    if (this.endTime !== undefined) return;
    this.attributes ??= {};
    if (!Object.hasOwn(this.attributes, key) && ++this.#attributeCount > MAX_ATTRIBUTES) {
      this.dropped++;
      return;
    }
    this.attributes[key] = value;
  }

  setInputs(inputs: unknown): void {
    if (this.endTime !== undefined) return;
    this.inputs = inputs;
    this.hasInputs = true;
  }

  setOutputs(outputs: unknown): void {
    if (this.endTime !== undefined) return;
    this.outputs = outputs;
    this.hasOutputs = true;
  }

  setStatus(status: SpanStatus, message?: string): void {
    if (this.endTime !== undefined) return;
    this.status = status;
    this.message = message;
  }

  addEvent(name: string, attributes: Readonly<Record<string, SpanAttribute>> = {}): void {
    if (this.endTime !== undefined) return;
    this.moments ??= [];
    if (this.moments.length >= MAX_MOMENTS) this.dropped++;
    else this.moments.push({ name, time: this.#trace.clock.now(), attributes });
  }

  child(options: ChildSpanOptions): Span {
    return this.childAt(options) ?? idSpan(this.traceId);
  }

  /** A span under this one that began at that time; undefined past the bound. */
  childAt(options: ChildSpanOptions, startTime?: number): RecordingSpan | undefined {
    if (this.#trace.spans >= MAX_SPANS) {
      this.dropped++;
      return undefined;
    }
    this.#trace.spans++;
    const { name, type = "UNKNOWN", attributes } = options;
    const place = { name, type, parentId: this.spanId, isRoot: false };
    return new RecordingSpan(this.#trace, place, attributes, startTime);
  }

  observe(event: ObservedEvent): void {
    if (this.endTime !== undefined) return;
    if (event.usage !== undefined) this.usage = event.usage;
    if (event.usage === undefined || event.item !== undefined) this.isObserved = true;
    if (event.item === undefined) {
      if (event.type.endsWith(".delta")) this.firstTokenTime ??= this.#trace.clock.now();
      return;
    }
    (this.#tools ??= new ToolSpans(this)).observe(event, this.#trace.clock.now());
  }

  end(): void {
    this.endAt(this.#trace.clock.now());
  }

  /** Ends the span at that time, once. */
  endAt(time: number): void {
    if (this.endTime !== undefined) return;
    this.#tools?.close(time);
    this.endTime = time;
    this.#trace.ended(this);
  }
}
