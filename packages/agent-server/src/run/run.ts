import type {
  AbortCode,
  AbortNotice,
  Agent,
  AgentContext,
  AgentHandler,
  AgentRequest,
  Logger,
  ResponseId,
  Span,
  Tracer,
  User,
} from "@wheelhouse/core";
import { createId, LazyAbortController } from "@wheelhouse/core";
import { abortReason } from "./abort-run.js";
import type { Release } from "./admission.js";
import { watchClient } from "./disconnect.js";
import { startRunSpan } from "./span.js";

/** What the server gives to every run. */
export interface RunSettings {
  readonly tracer: Tracer;
  readonly logger: Logger;
  readonly exposeErrors: boolean;
  /** Milliseconds, for agents that set none. */
  readonly timeoutMs: number | undefined;
  readonly draining: AbortSignal;
}

/** One call of an agent, as a route asks for it. */
export interface RunInput {
  readonly agent: Agent;
  readonly handler: AgentHandler;
  readonly request: AgentRequest;
  readonly headers: Readonly<Record<string, string>>;
  readonly user: User | null;
  readonly requestId: string;
  /** Aborts when the client leaves. */
  readonly client: AbortNotice;
  readonly responseId?: ResponseId | undefined;
}

/** A call of an agent that is under way. */
export interface Run {
  readonly input: RunInput;
  readonly settings: RunSettings;
  readonly responseId: ResponseId;
  readonly span: Span;
  /** Aborts when the run should stop; the author's signal is the same. */
  readonly cancellation: AbortNotice;
  readonly context: AgentContext;
  abort(code: AbortCode): void;
  /** Ends the run's timers, watches and place. Calling it twice does nothing. */
  close(): void;
}

/** The author's context: what most handlers never read is made when it is. */
class RunContext implements AgentContext {
  readonly attempt = 1;
  readonly isRecovery = false;
  readonly responseId: ResponseId;
  readonly span: Span;
  readonly deadline: Date | undefined;
  readonly #cancellation: AbortNotice;
  readonly #input: RunInput;
  readonly #settings: RunSettings;

  constructor(run: {
    input: RunInput;
    settings: RunSettings;
    responseId: ResponseId;
    span: Span;
    cancellation: AbortNotice;
    deadline: Date | undefined;
  }) {
    this.#input = run.input;
    this.#settings = run.settings;
    this.responseId = run.responseId;
    this.span = run.span;
    this.#cancellation = run.cancellation;
    this.deadline = run.deadline;
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  get traceId(): Span["traceId"] {
    return this.span.traceId;
  }

  get requestId(): string {
    return this.#input.requestId;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#input.headers;
  }

  get user(): User | null {
    return this.#input.user;
  }

  get draining(): AbortSignal {
    return this.#settings.draining;
  }

  get session(): { id: string } {
    const { context, conversation } = this.#input.request;
    const id = typeof conversation === "string" ? conversation : conversation?.id;
    return { id: context?.conversation_id ?? id ?? this.responseId };
  }

  get log(): Logger {
    const fields = {
      request_id: this.requestId,
      response_id: this.responseId,
      trace_id: this.traceId,
    };
    return withFields(this.#settings.logger, fields);
  }
}

/** Starts a run: its span, its time limit and the watch on its client. The author is not called yet. */
export function createRun(settings: RunSettings, input: RunInput, release: Release): Run {
  const { handler } = input;
  const cancellation = new LazyAbortController();
  const responseId = input.responseId ?? createId<ResponseId>("resp");
  const span = startRunSpan(settings.tracer, input);
  const timeoutMs = handler.options.timeoutMs ?? settings.timeoutMs;
  const abort = (code: AbortCode): void => cancellation.abort(abortReason(code));
  const timer = timeoutMs === undefined ? undefined : setTimeout(abort, timeoutMs, "task_timeout");
  const unwatch = watchClient(input.client, handler.options.disconnect, abort);
  const context = new RunContext({
    input,
    settings,
    responseId,
    span,
    cancellation,
    deadline: timeoutMs === undefined ? undefined : new Date(Date.now() + timeoutMs),
  });
  let closed = false;
  return {
    input,
    settings,
    responseId,
    span,
    cancellation,
    context,
    abort,
    close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      unwatch();
      span.end();
      release();
    },
  };
}

/** A logger whose every line carries these fields. */
function withFields(logger: Logger, fields: Readonly<Record<string, unknown>>): Logger {
  const add =
    (level: keyof Logger): Logger["info"] =>
    (first: Readonly<Record<string, unknown>> | string, message?: string) => {
      if (typeof first === "string") logger[level](fields, first);
      else logger[level]({ ...fields, ...first }, message);
    };
  return { debug: add("debug"), info: add("info"), warn: add("warn"), error: add("error") };
}
