import { mlflowTraceId } from "@wheelhouse/core";
import type { SpanOutcome, SpanRecord } from "../span/span-record.js";

/** How a span ended, as `GET /traces` says it. */
export type SpanStatusText = Uppercase<SpanOutcome>;

/** A span as `GET /traces/{id}` gives it. */
export interface SpanJson {
  /** `tr-` and 32 hex digits. */
  readonly trace_id: string;
  readonly span_id: string;
  /** Null for one that has nothing above it. A root may be under a span of the caller's. */
  readonly parent_id: string | null;
  readonly name: string;
  /** MLflow's span type: `AGENT`, `TOOL`, and so on. */
  readonly type: string;
  readonly status: SpanStatusText;
  /** What an error said; null without one. */
  readonly status_message: string | null;
  /** Unix milliseconds, with fractions. */
  readonly start_time: number;
  readonly end_time: number;
  readonly duration_ms: number;
  /** Absent where nothing was set. What was cut has a mark in its place. */
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly time: number;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

/** The JSON text of a record, a {@link SpanJson}. Inputs and outputs are JSON text already and are not looked at again. */
export function spanJson(record: SpanRecord): string {
  const { traceId, parentId, name, type, outcome, message, startTime, endTime } = record;
  const duration = Math.max(0, round(endTime - startTime));
  return (
    `{"trace_id":"${mlflowTraceId(traceId)}","span_id":"${record.spanId}",` +
    `"parent_id":${parentId === undefined ? "null" : `"${parentId}"`},` +
    `"name":${JSON.stringify(name)},"type":"${type}","status":"${outcome.toUpperCase()}",` +
    `"status_message":${message === undefined ? "null" : JSON.stringify(message)},` +
    `"start_time":${round(startTime)},"end_time":${round(endTime)},"duration_ms":${duration},` +
    (record.inputs === undefined ? "" : `"inputs":${record.inputs},`) +
    (record.outputs === undefined ? "" : `"outputs":${record.outputs},`) +
    `"attributes":${JSON.stringify(record.attributes)},"events":${JSON.stringify(record.events)}}`
  );
}

/** To a microsecond: what the clock gives. */
const round = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;
