import { inspect } from "node:util";
import type { AgentContext, LogMethod, Span } from "@wheelhouse/core";
import type { FromThread, LogLevel, SpanSetter, ToThread } from "./protocol.js";
import { createThreadCalls, type ThreadCalls } from "./thread-calls.js";
import { fromWireError, type WireError } from "./wire-error.js";

/** The context of a run, made in the worker thread. */
export interface ThreadContext {
  readonly context: AgentContext;
  /** The calls of the context that the other thread answers. */
  readonly calls: ThreadCalls;
  abort(reason: WireError): void;
  drain(): void;
}

/** Makes the context that a run's message describes; what its log and span are told crosses back. */
export function openThreadContext(
  { run, context: wire }: ToThread & { type: "run" },
  send: (message: FromThread) => void,
): ThreadContext {
  const stop = new AbortController();
  const drain = new AbortController();
  if (wire.isDraining) drain.abort();

  const logMethod =
    (level: LogLevel): LogMethod =>
    (...args: unknown[]) => {
      try {
        send({ type: "log", run, level, args });
      } catch {
        send({ type: "log", run, level, args: args.map(textOfUncloneable) });
      }
    };

  const tellSpan = (method: SpanSetter, args: readonly unknown[]): void => {
    if (!wire.span.isRecording) return;
    try {
      send({ type: "span", run, method, args });
    } catch {
      // A trace that lacks a value does not fail the run it describes.
    }
  };
  const span: Span = {
    ...wire.span,
    setAttribute: (...args) => tellSpan("setAttribute", args),
    setInputs: (...args) => tellSpan("setInputs", args),
    setOutputs: (...args) => tellSpan("setOutputs", args),
    setStatus: (...args) => tellSpan("setStatus", args),
    // The engine ends the run's span.
    end: () => {},
  };

  const calls = createThreadCalls(run, stop.signal, send);
  const { isDraining: _, ...plain } = wire;
  return {
    context: {
      ...plain,
      signal: stop.signal,
      draining: drain.signal,
      span,
      log: {
        debug: logMethod("debug"),
        info: logMethod("info"),
        warn: logMethod("warn"),
        error: logMethod("error"),
      },
      step: calls.step,
      approve: calls.approve,
    },
    calls,
    abort: (reason) => stop.abort(fromWireError(reason)),
    drain: () => drain.abort(),
  };
}

/** Fields that structured clone refuses, as text; a message stays. */
function textOfUncloneable(value: unknown): unknown {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return inspect(value);
  const fields = Object.entries(value).map(([key, field]) => [key, textOfUncloneable(field)]);
  return Object.fromEntries(fields);
}
