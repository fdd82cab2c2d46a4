import type { SpanId, TraceId } from "../ids.js";
import { createSpanId, createTraceId } from "../ids.js";

/** A value a span attribute may have (OpenTelemetry, AttributeValue). */
export type SpanAttribute = string | number | boolean | readonly string[] | readonly number[];

/** How a span ended (OpenTelemetry, StatusCode). */
export type SpanStatus = "ok" | "error";

/** What kind of work a span stands for; the names are MLflow's (`mlflow.spanType`). */
export type SpanType =
  | "AGENT"
  | "CHAIN"
  | "CHAT_MODEL"
  | "EMBEDDING"
  | "LLM"
  | "MEMORY"
  | "PARSER"
  | "RERANKER"
  | "RETRIEVER"
  | "TOOL"
  | "UNKNOWN";

/** What a span under another one starts with. */
export interface ChildSpanOptions {
  readonly name: string;
  /** Default `UNKNOWN`. */
  readonly type?: SpanType | undefined;
  readonly attributes?: Readonly<Record<string, SpanAttribute>> | undefined;
}

/**
 * One event of a run's stream as its span needs it. Of deltas only the first is told: it is the first token.
 * An item that is done opens or ends the span of the tool call it belongs to.
 */
export interface ObservedEvent {
  /** The event's type: `response.output_item.done`. */
  readonly type: string;
  /** The output item an item event carries. Kept by reference until the span ends. */
  readonly item?: unknown;
  /** Tokens used so far, as in a response object, where the outputs will not tell. */
  readonly usage?: unknown;
}

/** The light span of the hot path: what it is told is made into OpenTelemetry spans off the request path. */
export interface Span {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** False: nothing is recorded, and a caller may skip the work of preparing values. */
  readonly isRecording: boolean;
  setAttribute(key: string, value: SpanAttribute): void;
  /** What went in. Kept by reference: do not change it afterwards. */
  setInputs(inputs: unknown): void;
  /** What came out. Kept by reference. */
  setOutputs(outputs: unknown): void;
  setStatus(status: SpanStatus, message?: string): void;
  /** Ends the span, once; later calls do nothing. */
  end(): void;
  /** Starts a span under this one. Spans that cannot have any lack it. */
  child?(options: ChildSpanOptions): Span;
  /** Notes a moment. */
  addEvent?(name: string, attributes?: Readonly<Record<string, SpanAttribute>>): void;
  /** Tells the span of a run what its stream brings. */
  observe?(event: ObservedEvent): void;
}

/** What a span starts with. */
export interface StartSpanOptions {
  name: string;
  /** Default `AGENT` without a parent in this process, else `UNKNOWN`. */
  type?: SpanType | undefined;
  attributes?: Readonly<Record<string, SpanAttribute>> | undefined;
  /** The header `traceparent` as it came in; a malformed one is ignored (W3C Trace Context 3.2). */
  traceparent?: string | undefined;
  /** The span this one belongs under, in the same process. */
  parent?: Pick<Span, "traceId" | "spanId" | "isRecording"> | undefined;
}

/** Makes spans. The tracing package gives one; without it ids are random and nothing is recorded. */
export interface Tracer {
  startSpan(options: StartSpanOptions): Span;
}

/** The parts of a `traceparent` header. */
export interface TraceParent {
  readonly traceId: TraceId;
  readonly parentId: SpanId;
  readonly sampled: boolean;
}

const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** Parses a `traceparent` header, W3C Trace Context section 3.2; undefined for one that is not valid. */
export function parseTraceparent(header: string | undefined): TraceParent | undefined {
  const match = header === undefined ? null : TRACEPARENT.exec(header.trim());
  if (match === null) return undefined;
  // Version 00 has exactly four fields.
  if (header!.trim().startsWith("00-") && header!.trim().length !== 55) return undefined;
  return {
    traceId: match[1] as TraceId,
    parentId: match[2] as SpanId,
    sampled: (Number.parseInt(match[3]!, 16) & 1) === 1,
  };
}

/** The `traceparent` header that makes a call part of a span's trace. */
export function formatTraceparent(span: Pick<Span, "traceId" | "spanId" | "isRecording">): string {
  return `00-${span.traceId}-${span.spanId}-${span.isRecording ? "01" : "00"}`;
}

const nothing = (): void => {};

/** A tracer that records nothing and still gives every run a W3C trace id, the caller's where it sent one. */
export const idOnlyTracer: Tracer = {
  startSpan({ traceparent, parent }) {
    return {
      traceId: parent?.traceId ?? parseTraceparent(traceparent)?.traceId ?? createTraceId(),
      spanId: createSpanId(),
      isRecording: false,
      setAttribute: nothing,
      setInputs: nothing,
      setOutputs: nothing,
      setStatus: nothing,
      end: nothing,
    };
  },
};
