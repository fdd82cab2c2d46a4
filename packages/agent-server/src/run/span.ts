import type { Logger, Span, StartSpanOptions, Tracer } from "@wheelhouse/core";
import { errorText, idOnlyTracer } from "@wheelhouse/core";

/** The span of a server without tracing. Its ids are made when they are read: most requests never ask for them. */
class LazyIdSpan implements Span {
  readonly isRecording = false;
  readonly #options: StartSpanOptions;
  #ids: Pick<Span, "traceId" | "spanId"> | undefined;

  constructor(options: StartSpanOptions) {
    this.#options = options;
  }

  get traceId(): Span["traceId"] {
    return (this.#ids ??= idOnlyTracer.startSpan(this.#options)).traceId;
  }

  get spanId(): Span["spanId"] {
    return (this.#ids ??= idOnlyTracer.startSpan(this.#options)).spanId;
  }

  setAttribute(): void {}
  setInputs(): void {}
  setOutputs(): void {}
  setStatus(): void {}
  end(): void {}
}

const lazyIdTracer: Tracer = { startSpan: (options) => new LazyIdSpan(options) };

/**
 * A tracer whose failures stop at the trace: answers are the same with a tracing backend that is down
 * (B65). The first failure is logged, the others are not, so that an outage does not flood the log.
 */
export function safeTracer(tracer: Tracer, logger: Logger): Tracer {
  if (tracer === idOnlyTracer) return lazyIdTracer;
  let reported = false;
  const report = (error: unknown): void => {
    if (reported) return;
    reported = true;
    try {
      logger.warn({ reason: errorText(error) }, "Tracing fails; answers go on.");
    } catch {
      // Two backends are down; the answer still goes on.
    }
  };
  const attempt = (call: () => unknown): void => {
    try {
      const given = call();
      // An async function fits a type that gives nothing.
      if (given instanceof Promise) given.catch(report);
    } catch (error) {
      report(error);
    }
  };

  const guarded = (span: Span): Span => {
    let ended = false;
    return {
      traceId: span.traceId,
      spanId: span.spanId,
      isRecording: span.isRecording,
      setAttribute: (key, value) => attempt(() => span.setAttribute(key, value)),
      setInputs: (inputs) => attempt(() => span.setInputs(inputs)),
      setOutputs: (outputs) => attempt(() => span.setOutputs(outputs)),
      setStatus: (status, message) => attempt(() => span.setStatus(status, message)),
      end() {
        if (ended) return;
        ended = true;
        attempt(() => span.end());
      },
    };
  };

  return {
    startSpan(options) {
      try {
        return guarded(tracer.startSpan(options));
      } catch (error) {
        report(error);
        return idOnlyTracer.startSpan(options);
      }
    },
  };
}

/**
 * The root span of a run (B60): named as the author's function, a child of the caller's span where it
 * sent a `traceparent` (B64).
 */
export function startRunSpan(
  tracer: Tracer,
  run: { handler: { name: string }; headers: Readonly<Record<string, string>> },
): Span {
  return tracer.startSpan({ name: run.handler.name, traceparent: run.headers["traceparent"] });
}
