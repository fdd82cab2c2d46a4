import { type ChildSpanOptions, errorText, type Span } from "@wheelhouse/core";
import { spanScope } from "./span-scope.js";
import { tracedPieces } from "./traced-pieces.js";

/**
 * Calls a function within a span of its own, under the innermost one of the run around the caller. What the
 * function gives comes back as it is: the span ends with the value, with the promise, or with the last piece
 * of an async generator; what is thrown makes it an error. Outside of a run, or without tracing, `span` is undefined
 * and the function is just called.
 */
export function withSpan<Result>(
  options: ChildSpanOptions,
  fn: (span: Span | undefined) => Result,
): Result {
  const scope = spanScope();
  const parent = scope.active();
  const span = parent?.isRecording === true ? parent.child?.(options) : undefined;
  if (span === undefined) return fn(undefined);

  const failed = (error: unknown): void => {
    span.setStatus("error", errorText(error));
    span.end();
  };
  const ended = (value: unknown): void => {
    span.setOutputs(value);
    span.setStatus("ok");
    span.end();
  };
  let result: Result;
  try {
    result = scope.run(span, () => fn(span));
  } catch (error) {
    failed(error);
    throw error;
  }
  if (isPromise(result)) {
    return result.then(
      (value: unknown) => {
        if (isPieces(value)) return tracedPieces(value, { scope, span, ended, failed });
        ended(value);
        return value;
      },
      (error: unknown) => {
        failed(error);
        throw error;
      },
    ) as Result;
  }
  if (isPieces(result)) return tracedPieces(result, { scope, span, ended, failed }) as Result;
  ended(result);
  return result;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

/** Other async iterables, such as a model's stream, have more to them and come back as they are. */
function isPieces(value: unknown): value is AsyncGenerator {
  return (
    typeof value === "object" &&
    value !== null &&
    Symbol.asyncIterator in value &&
    "next" in value &&
    "return" in value
  );
}
