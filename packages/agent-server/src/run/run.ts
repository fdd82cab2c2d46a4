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
  /** When the time limit ends; undefined without one. */
  readonly deadline: Date | undefined;
  abort(code: AbortCode): void;
  /** Ends the run's timers, watches and place. Calling it twice does nothing. */
  close(): void;
}

/** The author's context: what most handlers never read is made when it is. */
class RunContext implements AgentContext {
  readonly attempt = 1;
  readonly isRecovery = false;
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  get responseId(): ResponseId {
    return this.#run.responseId;
  }

  get span(): Span {
    return this.#run.span;
  }

  get deadline(): Date | undefined {
    return this.#run.deadline;
  }

  get signal(): AbortSignal {
    return this.#run.cancellation.signal;
  }

  get traceId(): Span["traceId"] {
    return this.span.traceId;
  }

  get requestId(): string {
    return this.#run.input.requestId;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#run.input.headers;
  }

  get user(): User | null {
    return this.#run.input.user;
  }

  get draining(): AbortSignal {
    return this.#run.settings.draining;
  }

  get session(): { id: string } {
    const { context, conversation } = this.#run.input.request;
    const id = typeof conversation === "string" ? conversation : conversation?.id;
    return { id: context?.conversation_id ?? id ?? this.responseId };
  }

  get log(): Logger {
    const fields = {
      request_id: this.requestId,
      response_id: this.responseId,
      trace_id: this.traceId,
    };
    return withFields(this.#run.settings.logger, fields);
  }
}

/**
 * A class, because there is one for every request, and its parts that most runs never use are made when
 * they are: the id of a response that is not stored, for one.
 */
class StartedRun implements Run {
  readonly input: RunInput;
  readonly settings: RunSettings;
  readonly span: Span;
  readonly cancellation = new LazyAbortController();
  readonly context: AgentContext;
  readonly deadline: Date | undefined;
  readonly #release: Release;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #unwatch: () => void;
  #responseId: ResponseId | undefined;
  #closed = false;

  constructor(settings: RunSettings, input: RunInput, release: Release) {
    const { handler } = input;
    this.input = input;
    this.settings = settings;
    this.#release = release;
    this.span = startRunSpan(settings.tracer, input);
    const timeoutMs = handler.options.timeoutMs ?? settings.timeoutMs;
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.abort("task_timeout"), timeoutMs);
      this.deadline = new Date(Date.now() + timeoutMs);
    }
    this.#unwatch = watchClient(input.client, handler.options.disconnect, (code) =>
      this.abort(code),
    );
    this.context = new RunContext(this);
  }

  get responseId(): ResponseId {
    return (this.#responseId ??= createId<ResponseId>("resp"));
  }

  abort(code: AbortCode): void {
    this.cancellation.abort(abortReason(code));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#unwatch();
    this.span.end();
    this.#release();
  }
}

/** Starts a run: its span, its time limit and the watch on its client. The author is not called yet. */
export function createRun(settings: RunSettings, input: RunInput, release: Release): Run {
  return new StartedRun(settings, input, release);
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
