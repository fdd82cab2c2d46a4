import type { SpanPage } from "../../ports/traces.js";

/** What the thread is told when it starts. Plain data. */
export interface TraceThreadData {
  readonly path: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly sweepMs: number;
  readonly busyTimeoutMs: number;
}

/** What the thread is asked to do. */
export type TraceTask =
  | {
      readonly type: "append";
      readonly endedAt: number;
      /** The keys of the batch's traces, as JSON text of a list of numbers. */
      readonly keys: string;
      readonly lines: string;
    }
  | { readonly type: "get"; readonly key: number; readonly traceId: string }
  | {
      readonly type: "list";
      readonly limit: number;
      readonly batch: number;
      readonly below: number;
      readonly contains: readonly string[];
    }
  | { readonly type: "close" };

/** A task with a number, by which its answer is known. */
export type ToTraceThread = TraceTask & { readonly task: number };

/** How a task went. */
export type FromTraceThread =
  | { readonly task: number; readonly value: string[] | SpanPage | null }
  | { readonly task: number; readonly failed: TraceFailure }
  /** A sweep failed; nobody waits for it. */
  | { readonly task: undefined; readonly failed: TraceFailure };

/** An error of SQLite, as it crosses. */
export interface TraceFailure {
  readonly message: string;
  /** SQLite's result code; undefined for an error that is not SQLite's. */
  readonly errcode: number | undefined;
}
