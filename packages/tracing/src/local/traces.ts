import type { TraceStore } from "@wheelhouse/store";
import type { SpanJson } from "./span-json.js";
import { type TraceSummary, traceSummary } from "./trace-summary.js";

/** Which traces are listed. */
export interface ListTracesOptions {
  /** 1 to 1,000. Default 50. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly cursor?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly userId?: string | undefined;
  /** `OK`, `ERROR`, `CANCELLED` or `INCOMPLETE`. */
  readonly status?: string | undefined;
  readonly name?: string | undefined;
}

/** A page of traces, the last that ended first. */
export interface TracePage {
  readonly traces: readonly TraceSummary[];
  /** Undefined at the end. A page may be short, even empty, and have a next one: each looks through a part. */
  readonly next: string | undefined;
}

/** A whole trace. */
export interface Trace extends TraceSummary {
  /** By their start. */
  readonly spans: readonly SpanJson[];
}

/** The traces of the local store. */
export interface Traces {
  /** Takes `tr-<32 hex>` or the 32 hex digits alone; undefined for a trace that is not there. */
  get(id: string): Promise<Trace | undefined>;
  /** Rejects with RangeError for a limit outside 1 to 1,000 or a cursor that is none. */
  list(options?: ListTracesOptions): Promise<TracePage>;
}

const TRACE_ID = /^(?:tr-)?([0-9a-f]{32})$/;

/** Reads traces. `settle` brings what has ended into the store first, so that a run's trace is there with its answer. */
export function createTraces(store: TraceStore, settle: () => void): Traces {
  return {
    async get(id) {
      const traceId = TRACE_ID.exec(id)?.[1];
      if (traceId === undefined) return undefined;
      settle();
      const found = await store.get(traceId);
      const spans = found
        .map((data) => JSON.parse(data) as SpanJson)
        .toSorted((a, b) => a.start_time - b.start_time);
      return spans.length === 0 ? undefined : { ...traceSummary(spans), spans };
    },
    async list({ limit = 50, cursor, ...filter } = {}) {
      settle();
      const { spans, next } = await store.list({ limit, cursor, contains: sieve(filter) });
      const roots = spans.map((data) => traceSummary([JSON.parse(data) as SpanJson]));
      return { traces: roots.filter((root) => matches(root, filter)), next };
    },
  };
}

type Filter = Omit<ListTracesOptions, "limit" | "cursor">;

/** Texts that a span's JSON has where it matches. */
const sieve = ({ sessionId, userId, status, name }: Filter): string[] =>
  [sessionId, userId, status, name]
    .filter((value) => value !== undefined)
    .map((value) => JSON.stringify(value));

const matches = (root: TraceSummary, { sessionId, userId, status, name }: Filter): boolean =>
  (sessionId === undefined || root.session_id === sessionId) &&
  (userId === undefined || root.user_id === userId) &&
  (status === undefined || root.status === status) &&
  (name === undefined || root.name === name);
