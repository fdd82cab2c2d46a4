import type { SpanAttribute, SpanId, SpanType, TraceId } from "@wheelhouse/core";

/** How a piece of work ended. OpenTelemetry and MLflow know OK and ERROR; the rest is in attributes. */
export type SpanOutcome = "ok" | "error" | "cancelled" | "incomplete";

/** A moment within a span. */
export interface SpanMoment {
  readonly name: string;
  /** Unix milliseconds, with fractions. */
  readonly time: number;
  readonly attributes: Readonly<Record<string, SpanAttribute>>;
}

/**
 * A span that has ended, as exporters and stores get it: bounded, redacted, nothing in it refers to what
 * the author or a client holds.
 */
export interface SpanRecord {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** The span this one is under: in this process, or the caller's. */
  readonly parentId: SpanId | undefined;
  /** No other span of this process is above it. */
  readonly isRoot: boolean;
  readonly name: string;
  readonly type: SpanType;
  /** Unix milliseconds, with fractions. */
  readonly startTime: number;
  readonly endTime: number;
  readonly outcome: SpanOutcome;
  /** What an error said; undefined without one. */
  readonly message: string | undefined;
  /** JSON text; undefined where nothing was set. */
  readonly inputs: string | undefined;
  readonly outputs: string | undefined;
  readonly attributes: Readonly<Record<string, SpanAttribute>>;
  readonly events: readonly SpanMoment[];
}
