import type { CreateResponseRequest } from "../responses/create-request.js";
import type { InputItem } from "../responses/input-items.js";
import type { ResponseId, TraceId } from "../ids.js";
import type { Without } from "../without.js";
import type { Logger } from "./logger.js";
import type { Span } from "./tracer.js";
import type { User } from "./user.js";

/** What an author's function is given: the request's body, without `stream`, and `input_text`. */
export type AgentRequest<CustomInputs = Record<string, unknown>> = Without<
  CreateResponseRequest,
  "input" | "stream" | "custom_inputs"
> & {
  /** Always a list: a string becomes one user message. */
  input: InputItem[];
  /** As the agent's schema parsed them. */
  custom_inputs: CustomInputs;
  /**
   * The text of the last user message; "" without one. Not enumerable: the request still compares and
   * serialises as the body. (`text` is the Responses API's own field: the output format.)
   */
  readonly input_text: string;
};

/** Why a run was told to stop; `signal.reason` of its context. */
export type AbortCode =
  | "client_disconnected"
  | "cancelled"
  | "superseded"
  | "task_timeout"
  | "budget_exceeded"
  | "shutting_down";

/** The typed `signal.reason` of a run. */
export interface AbortReason extends Error {
  readonly code: AbortCode;
}

/** What an author's function is given beside the request. Hand it on as it is: a spread would lose its getters. */
export interface AgentContext {
  readonly responseId: ResponseId;
  /** W3C, 32 hex digits; MLflow's form is `tr-` and this. */
  readonly traceId: TraceId;
  readonly requestId: string;
  /** Aborted when the run should stop; `reason` is an {@link AbortReason}. */
  readonly signal: AbortSignal;
  /** Aborted when the server begins to shut down: finish soon. */
  readonly draining: AbortSignal;
  /** When the run's time limit ends; undefined without one. */
  readonly deadline: Date | undefined;
  /** The request's headers, keys in lower case (B46, B47). */
  readonly headers: Readonly<Record<string, string>>;
  readonly user: User | null;
  /** The conversation: the client's conversation id, else the response id. */
  readonly session: { readonly id: string };
  readonly span: Span;
  readonly log: Logger;
  /** Counts from 1; more than 1 after a crash. */
  readonly attempt: number;
  readonly isRecovery: boolean;
}

/** What happens to a run whose client left: stop it, let it go on, or wait a while for the client. */
export type DisconnectPolicy = "cancel" | "detach" | { graceMs: number };

/** How tools that the agent itself ran show on a wire. */
export type ServerTools = "pair" | "mcp_call" | "hidden";

/** An agent's options, resolved. */
export interface AgentOptions {
  /** Milliseconds; undefined for none. */
  readonly timeoutMs: number | undefined;
  readonly disconnect: DisconnectPolicy;
  /** Runs at the same time; undefined for no limit. Further ones wait. */
  readonly concurrency: number | undefined;
  /** Runs that may wait for a place; one more is answered 429. */
  readonly maxQueued: number;
  /** Undefined: `mcp_call` on /responses, `pair` on /invocations. */
  readonly serverTools: ServerTools | undefined;
  /** Whether a missing half is made from the other. */
  readonly derive: boolean;
}

/** Checks custom inputs; gives them parsed, or throws an AppError that names the field. */
export type ParseCustomInputs = (value: unknown) => unknown;

/** One half of an agent: a function that answers at once or in pieces. */
export interface AgentHandler {
  readonly kind: "invoke" | "stream";
  /** The author's function's name: the root span's (B60). */
  readonly name: string;
  readonly options: AgentOptions;
  readonly parseCustomInputs: ParseCustomInputs | undefined;
  /**
   * Calls the author's function. What comes back is whatever it gave: a value, a promise, an iterable,
   * an async iterable or a ReadableStream.
   */
  run(request: AgentRequest, context: AgentContext): unknown;
}

/** What an agent server serves under one name. */
export interface Agent {
  readonly name: string;
  readonly invoke: AgentHandler | undefined;
  readonly stream: AgentHandler | undefined;
  /** Lets go of what the agent holds: worker threads. Safe to call twice. */
  close?(): Promise<void>;
}
