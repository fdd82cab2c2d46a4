import type { AgentContext, Span } from "@wheelhouse/core";
import type { WireError, WireFailure } from "./wire-error.js";

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

/** How something ended that the other thread waits for. */
export type WireOutcome = { readonly value: unknown } | { readonly failure: WireFailure };

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
  /**
   * The step's function is to run. `isRunSignal`: it is given the run's signal, else one of its own, which
   * `stop-step` aborts and which is aborted from the start where there is a reason.
   */
  | {
      readonly type: "perform";
      readonly call: number;
      readonly isRunSignal: boolean;
      readonly reason: WireFailure | undefined;
    }
  | { readonly type: "stop-step"; readonly call: number; readonly reason: WireFailure }
  /** `isThrown`: the failure is what the step's function threw. */
  | {
      readonly type: "answer";
      readonly call: number;
      readonly outcome: WireOutcome;
      readonly isThrown: boolean;
    }
);

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
  | { readonly type: "error"; readonly failure: WireFailure }
  /** Calls of the run's context, each answered. `call` counts those of the run. */
  | { readonly type: "step"; readonly call: number; readonly name: string }
  | {
      readonly type: "approve";
      readonly call: number;
      readonly name: string;
      readonly args: unknown;
    }
  /** What the step's function gave that was to run. */
  | { readonly type: "performed"; readonly call: number; readonly outcome: WireOutcome }
  | { readonly type: "log"; readonly level: LogLevel; readonly args: readonly unknown[] }
  | { readonly type: "span"; readonly method: SpanSetter; readonly args: readonly unknown[] }
);

/** Values that a thread may be ahead of its reader. */
export const CREDIT_WINDOW = 64;
