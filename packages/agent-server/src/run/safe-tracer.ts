import type { Logger, Span, Tracer } from "@wheelhouse/core";
import { errorText, idOnlyTracer } from "@wheelhouse/core";

/**
 * A tracer whose failures stop at the trace: answers are the same with a tracing backend that is down
 * (B65). The first failure is logged, the others are not, so that an outage does not flood the log.
 */
export function safeTracer(tracer: Tracer, logger: Logger): Tracer {
  if (tracer === idOnlyTracer) return tracer;
  let reported = false;
  const attempt = <Result>(call: () => Result, otherwise: () => Result): Result => {
    try {
      return call();
    } catch (error) {
      if (!reported) logger.warn({ reason: errorText(error) }, "Tracing fails; answers go on.");
      reported = true;
      return otherwise();
    }
  };
  const nothing = (): void => {};

  return {
    startSpan(options) {
      const span = attempt(
        () => tracer.startSpan(options),
        () => idOnlyTracer.startSpan(options),
      );
      let ended = false;
      const safe: Span = {
        traceId: span.traceId,
        spanId: span.spanId,
        isRecording: span.isRecording,
        setAttribute: (key, value) => attempt(() => span.setAttribute(key, value), nothing),
        setInputs: (inputs) => attempt(() => span.setInputs(inputs), nothing),
        setOutputs: (outputs) => attempt(() => span.setOutputs(outputs), nothing),
        setStatus: (status, message) => attempt(() => span.setStatus(status, message), nothing),
        end() {
          if (ended) return;
          ended = true;
          attempt(() => span.end(), nothing);
        },
      };
      return safe;
    },
  };
}
