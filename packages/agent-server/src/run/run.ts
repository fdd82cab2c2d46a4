import type {
  AbortCode,
  AbortNotice,
  Agent,
  AgentContext,
  AgentHandler,
  AgentRequest,
  ApprovalDecision,
  DisconnectPolicy,
  Logger,
  OutputItem,
  ResponseId,
  Span,
  Tracer,
  User,
} from "@wheelhouse/core";
import { createId, LazyAbortController } from "@wheelhouse/core";
import { abortReason } from "./abort-run.js";
import type { Release } from "./admission.js";
import { Approvals } from "./approvals.js";
import { jsonText } from "./assemble/plain-json.js";
import { type ClientWatch, watchClient } from "./disconnect.js";
import { startRunSpan } from "./span.js";
import { type StepMemory, Steps } from "./steps.js";

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
  /** Aborts when the client leaves; undefined where nobody waits for the answer (a background run). */
  readonly client: AbortNotice | undefined;
  /** The request's own policy. Default: the agent's. */
  readonly disconnect?: DisconnectPolicy | undefined;
  /** Default: a new id, made when somebody asks. */
  readonly responseId?: ResponseId | undefined;
  /** Default 1. */
  readonly attempt?: number | undefined;
  /** What earlier attempts finished and the response keeps. */
  readonly recoveredItems?: readonly OutputItem[] | undefined;
  /** When the time limit ends, where an earlier attempt has set it. */
  readonly deadline?: Date | undefined;
  /** Whether it still waits for a place: {@link Run.admit} follows. Default false. */
  readonly waits?: boolean | undefined;
  /** Whether a later start of the server goes on with the run when this one shuts down. Default false. */
  readonly handsOver?: boolean | undefined;
  /** Where results of steps are kept. Default: in memory, for the run. */
  readonly steps?: StepMemory | undefined;
}

/** A question to a person that the run stops with. */
export interface ApprovalRequest {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
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
  /**
   * What the author asks a person: the abort that follows ends the run with the question. No function that is
   * called: a run that held one, and through it all it had made, outlived the young generation, and whole
   * answers cost half as much CPU again.
   */
  approval: ApprovalRequest | undefined;
  /** Another reader of the run has come; the function given back tells that it has left. */
  attach(): () => void;
  /** Gives a run that had to wait its place: its time limit begins. */
  admit(release: Release): void;
  /** Ends the run's timers, watches and place. Calling it twice does nothing. */
  close(): void;
}

/** The author's context: what most handlers never read is made when it is. */
class RunContext implements AgentContext {
  readonly #run: Run;
  #steps: Steps | undefined;
  #approvals: Approvals | undefined;

  constructor(run: Run) {
    this.#run = run;
  }

  get attempt(): number {
    return this.#run.input.attempt ?? 1;
  }

  get isRecovery(): boolean {
    return this.attempt > 1;
  }

  get recoveredItems(): readonly OutputItem[] {
    return this.#run.input.recoveredItems ?? [];
  }

  /** A function of its own, so that authors may take it out of the context. */
  get step(): AgentContext["step"] {
    return (name, fn) => {
      this.#steps ??= new Steps(this.#run.input.steps);
      return this.#steps.run(name, fn, this.signal);
    };
  }

  get approve(): AgentContext["approve"] {
    return async (name, args = {}) => this.#approve(name, args);
  }

  #approve(name: string, args: unknown): ApprovalDecision {
    if (typeof name !== "string" || name === "")
      throw new TypeError("approve: name must be a string that is not empty");
    const text = typeof args === "string" ? args : jsonText(args);
    const run = this.#run;
    run.cancellation.signal.throwIfAborted();
    this.#approvals ??= new Approvals(run.input.request.input);
    const decision = this.#approvals.take(name, text);
    if (decision !== undefined) return decision;
    run.approval = { name, arguments: text };
    run.abort("approval_pending");
    throw run.cancellation.reason;
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
  deadline: Date | undefined;
  approval: ApprovalRequest | undefined;
  readonly #release: Release;
  #place: Release | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #watch: ClientWatch;
  #responseId: ResponseId | undefined;
  #closed = false;

  constructor(settings: RunSettings, input: RunInput, release: Release) {
    const { handler } = input;
    this.input = input;
    this.settings = settings;
    this.#release = release;
    this.span = startRunSpan(settings.tracer, input);
    this.#responseId = input.responseId;
    if (input.waits !== true) this.#startClock();
    this.#watch = watchClient(
      input.client,
      input.disconnect ?? handler.options.disconnect,
      (code) => this.abort(code),
    );
    this.context = new RunContext(this);
  }

  get responseId(): ResponseId {
    return (this.#responseId ??= createId<ResponseId>("resp"));
  }

  abort(code: AbortCode): void {
    this.cancellation.abort(abortReason(code));
  }

  attach(): () => void {
    return this.#watch.attach();
  }

  admit(place: Release): void {
    if (this.#closed) {
      place();
      return;
    }
    this.#place = place;
    this.#startClock();
  }

  #startClock(): void {
    const { handler, deadline } = this.input;
    const timeoutMs =
      deadline === undefined
        ? (handler.options.timeoutMs ?? this.settings.timeoutMs)
        : Math.max(0, deadline.getTime() - Date.now());
    if (timeoutMs === undefined) return;
    this.#timer = setTimeout(() => this.abort("task_timeout"), timeoutMs);
    this.deadline = deadline ?? new Date(Date.now() + timeoutMs);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watch.end();
    this.span.end();
    this.#place?.();
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
