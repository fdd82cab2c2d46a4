import { formatTraceparent, type Span, spanScopes } from "@wheelhouse/core";

type SpanIds = Pick<Span, "traceId" | "spanId" | "isRecording">;

/** The innermost span around the caller: the author's, else the run's. Undefined outside of any. */
export function activeSpan(): Span | undefined {
  const scopes = spanScopes();
  return scopes.scope?.active() ?? scopes.run?.();
}

/**
 * Headers that make a call part of the trace (W3C Trace Context): for `fetch`, or any client that takes
 * headers. Empty outside of a run.
 */
export function traceHeaders(span: SpanIds | undefined = activeSpan()): Record<string, string> {
  return span === undefined ? {} : { traceparent: formatTraceparent(span) };
}

/**
 * Variables that make a child process part of the trace, as OpenTelemetry's environment carriers name them:
 * `spawn(command, { env: { ...process.env, ...traceEnvironment() } })`. Empty outside of a run.
 */
export function traceEnvironment(span: SpanIds | undefined = activeSpan()): Record<string, string> {
  return span === undefined ? {} : { TRACEPARENT: formatTraceparent(span) };
}
