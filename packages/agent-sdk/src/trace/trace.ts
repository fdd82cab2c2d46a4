import type { SpanAttribute, SpanType } from "@wheelhouse/core";
import { withSpan } from "./with-span.js";

/** How calls of a function show in a trace. */
export interface TraceOptions {
  /** Default: the function's name. */
  readonly name?: string | undefined;
  /** Default `UNKNOWN`. */
  readonly type?: SpanType | undefined;
  readonly attributes?: Readonly<Record<string, SpanAttribute>> | undefined;
}

/**
 * A function whose calls are spans of the run they happen in: its arguments are the inputs, what it gives
 * the outputs. Outside of a run, or without tracing, it is the function as it was.
 */
export function trace<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
  options: TraceOptions = {},
): (...args: Args) => Result {
  const { name = fn.name || "function", type, attributes } = options;
  const traced = function (this: unknown, ...args: Args): Result {
    return withSpan({ name, type, attributes }, (span) => {
      span?.setInputs(args.length === 1 ? args[0] : args);
      return Reflect.apply(fn, this, args);
    });
  };
  Object.defineProperty(traced, "name", { value: fn.name, configurable: true });
  return traced;
}
