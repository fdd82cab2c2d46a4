import { AsyncLocalStorage } from "node:async_hooks";
import { type Span, type SpanScope, spanScopes } from "@wheelhouse/core";
import { getContext } from "../context/request-context.js";
import { processWide } from "../process-wide.js";

const spans = processWide("spans", () => new AsyncLocalStorage<Span>());

// The tracing package asks for the run's span, which only the request context knows.
spanScopes().run ??= () => getContext()?.span;

/** Follows authors' spans by itself, until the tracing package does, for OpenTelemetry's as well. */
const own: SpanScope = {
  active: () => spans.getStore() ?? getContext()?.span,
  run: (span, fn) => spans.run(span, fn),
};

/** Who follows spans now. */
export const spanScope = (): SpanScope => spanScopes().scope ?? own;
