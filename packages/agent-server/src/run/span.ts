import type {
  ChildSpanOptions,
  Logger,
  ObservedEvent,
  Span,
  StartSpanOptions,
  Tracer,
  User,
} from "@wheelhouse/core";
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

type Attempt = (call: () => unknown) => void;

/** A span whose failures stop at the trace. A class, because there is one for every run. */
class GuardedSpan implements Span {
  readonly traceId: Span["traceId"];
  readonly spanId: Span["spanId"];
  readonly isRecording: boolean;
  readonly #span: Span;
  readonly #attempt: Attempt;
  readonly #report: (error: unknown) => void;
  #ended = false;

  constructor(span: Span, attempt: Attempt, report: (error: unknown) => void) {
    this.traceId = span.traceId;
    this.spanId = span.spanId;
    this.isRecording = span.isRecording;
    this.#span = span;
    this.#attempt = attempt;
    this.#report = report;
  }

  setAttribute(...args: Parameters<Span["setAttribute"]>): void {
    this.#attempt(() => this.#span.setAttribute(...args));
  }

  setInputs(inputs: unknown): void {
    this.#attempt(() => this.#span.setInputs(inputs));
  }

  setOutputs(outputs: unknown): void {
    this.#attempt(() => this.#span.setOutputs(outputs));
  }

  setStatus(...args: Parameters<Span["setStatus"]>): void {
    this.#attempt(() => this.#span.setStatus(...args));
  }

  addEvent(...args: Parameters<NonNullable<Span["addEvent"]>>): void {
    this.#attempt(() => this.#span.addEvent?.(...args));
  }

  observe(event: ObservedEvent): void {
    this.#attempt(() => this.#span.observe?.(event));
  }

  child(options: ChildSpanOptions): Span {
    try {
      const child = this.#span.child?.(options);
      if (child !== undefined) return new GuardedSpan(child, this.#attempt, this.#report);
    } catch (error) {
      this.#report(error);
    }
    return idOnlyTracer.startSpan({ ...options, parent: this });
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#attempt(() => this.#span.end());
  }
}

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
  const attempt: Attempt = (call) => {
    try {
      const given = call();
      // An async function fits a type that gives nothing.
      if (given instanceof Promise) given.catch(report);
    } catch (error) {
      report(error);
    }
  };

  return {
    startSpan(options) {
      try {
        return new GuardedSpan(tracer.startSpan(options), attempt, report);
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
  { agent, handler, headers, requestId, user }: RunFacts,
): Span {
  const traceparent = headers["traceparent"];
  // Its spans are told nothing.
  if (tracer === lazyIdTracer) return tracer.startSpan({ name: handler.name, traceparent });
  return tracer.startSpan({
    name: handler.name,
    traceparent,
    type: "AGENT",
    attributes: {
      "gen_ai.agent.name": agent.name,
      "wheelhouse.request_id": requestId,
      ...(user !== null && { "user.id": user.id }),
    },
  });
}

/** What a run's span says of it from the start. */
interface RunFacts {
  readonly agent: { readonly name: string };
  readonly handler: { readonly name: string };
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly user: User | null;
}
