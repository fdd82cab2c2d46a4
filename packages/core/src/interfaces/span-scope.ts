import type { Span } from "./tracer.js";

/** Follows which span code is under, across awaits. */
export interface SpanScope {
  /** The innermost span around the caller; undefined outside of any. */
  active(): Span | undefined;
  /** Calls `fn` with a span as the innermost one, for all that `fn` starts as well. */
  run<Result>(span: Span, fn: () => Result): Result;
}

/** Who knows of spans in this process. */
interface SpanScopes {
  /** The span of the run around the caller: agent-sdk's, which has the request context. */
  run?: (() => Span | undefined) | undefined;
  /** Takes the place of agent-sdk's own: the tracing package's, which follows OpenTelemetry's spans too. */
  scope?: SpanScope | undefined;
}

/**
 * The one slot of this process, whichever installed copy of which package asks. agent-sdk and tracing do
 * not know each other, and this package cannot follow calls itself: it runs in browsers.
 */
export function spanScopes(): SpanScopes {
  const globals = globalThis as unknown as Record<symbol, SpanScopes | undefined>;
  return (globals[Symbol.for("wheelhouse.core.spanScopes")] ??= {});
}
