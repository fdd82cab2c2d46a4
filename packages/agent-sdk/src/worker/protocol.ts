import type { AgentContext, Span } from "@wheelhouse/core";
import type { WireError } from "./wire-error.js";

/** The part of a context that crosses to a worker thread as data; the rest is made there. */
export type WireContext = Pick<
  AgentContext,
  | "responseId"
  | "traceId"
  | "requestId"
  | "deadline"
  | "headers"
  | "user"
  | "session"
  | "attempt"
  | "isRecovery"
  | "recoveredItems"
> & {
  readonly span: Pick<Span, "traceId" | "spanId" | "isRecording">;
  readonly isDraining: boolean;
};

/** What a worker thread is told. `run` counts the runs of that thread: a late message meets no other run. */
export type ToThread = { readonly run: number } & (
  | {
      readonly type: "run";
      readonly request: unknown;
      /** The request's `input_text`, which is not enumerable and so would not cross. */
      readonly inputText: string | undefined;
      readonly context: WireContext;
    }
  /** That many more values may be sent. */
  | { readonly type: "pull"; readonly count: number }
  | { readonly type: "abort"; readonly reason: WireError }
  | { readonly type: "drain" }
  /** The reader is done: end the iterator. */
  | { readonly type: "return" }
  /** Nobody has the result of this step yet: run its function. */
  | { readonly type: "run_step"; readonly call: number }
  /** What a `step` or `approve` of the thread came to. */
  | { readonly type: "answer"; readonly call: number; readonly outcome: CallOutcome }
);

/** What a call across threads gave. */
export type CallOutcome =
  | { readonly ok: true; readonly value: unknown }
  /** `isAbortReason`: what was thrown is what the signal was aborted with. */
  | { readonly ok: false; readonly error: WireError; readonly isAbortReason: boolean };

/** The methods of a span that cross back. */
export type SpanSetter = "setAttribute" | "setInputs" | "setOutputs" | "setStatus";

/** The levels of a log. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a worker thread tells. A run ends with exactly one of `value`, `end` and `error`. */
export type FromThread = { readonly run: number } & (
  | { readonly type: "value"; readonly value: unknown }
  /** The function gave something to iterate; items follow as they are pulled. */
  | { readonly type: "stream" }
  | { readonly type: "item"; readonly value: unknown }
  | { readonly type: "end" }
  /** `isAbortReason`: what was thrown is what the signal was aborted with. */
  | { readonly type: "error"; readonly error: WireError; readonly isAbortReason: boolean }
  | { readonly type: "log"; readonly level: LogLevel; readonly args: readonly unknown[] }
  | { readonly type: "span"; readonly method: SpanSetter; readonly args: readonly unknown[] }
  /** The author calls `step`: the results of steps are kept where the run is. */
  | { readonly type: "step"; readonly call: number; readonly name: string }
  | { readonly type: "step_result"; readonly call: number; readonly outcome: CallOutcome }
  | {
      readonly type: "approve";
      readonly call: number;
      readonly name: string;
      readonly args: unknown;
    }
);

/** Values that a thread may be ahead of its reader. */
export const CREDIT_WINDOW = 64;
