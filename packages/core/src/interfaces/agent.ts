import type { CreateResponseRequest } from "../responses/create-request.js";
import type { InputItem } from "../responses/input-items.js";
import type { OutputItem } from "../responses/output-items.js";
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
  | "shutting_down"
  | "approval_pending";

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
  /** Items that earlier attempts finished and the response keeps (`onCrash: "resume"`); else empty. */
  readonly recoveredItems: readonly OutputItem[];
  /**
   * Runs `fn` once: under the same name the run, a later attempt of it after a crash, and the run that goes
   * on after an approval get the first result, without calling `fn` again. The result is JSON, kept with a
   * stored response, else in memory for the run. What `fn` throws is not kept. Calls of one name at the
   * same time share one result. Throws TypeError for a name that is empty or over 256 characters, and for
   * a result that JSON cannot hold.
   */
  step<Value>(
    name: string,
    fn: (signal: AbortSignal) => Value | PromiseLike<Value>,
  ): Promise<Value>;
  /**
   * Asks a person whether the agent may go on. Without an answer in the request's input, the run ends here:
   * the response completes with an `mcp_approval_request` item of this name and arguments, and the promise
   * rejects with an {@link AbortReason} of code `approval_pending`. The client answers with an
   * `mcp_approval_response` item and `previous_response_id` (or the whole history): the function runs again
   * from its start, and this call gives the decision. What must not run twice belongs into {@link step}.
   */
  approve(name: string, args?: unknown): Promise<ApprovalDecision>;
}

/** What a person decided on an `mcp_approval_request` (Responses API, `mcp_approval_response`). */
export interface ApprovalDecision {
  readonly approve: boolean;
  /** The person's words; undefined without any. */
  readonly reason: string | undefined;
  /** The id of the request that was answered. */
  readonly approvalRequestId: string;
}

/**
 * What becomes of a stored run whose process died: it fails, it runs again from its start, or it runs again
 * with the items that were finished kept in the response.
 */
export type CrashPolicy = "fail" | "restart" | "resume";

/**
 * What becomes of a request for a conversation, or a previous response, that a run is still writing to: it
 * is refused with 409, it waits for that run, or that run is stopped.
 */
export type OverlapPolicy = "reject" | "queue" | "interrupt";

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
  readonly onCrash: CrashPolicy;
  readonly overlap: OverlapPolicy;
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
