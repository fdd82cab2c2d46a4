import type { Call } from "../http/call.js";
import type { Settings } from "../options.js";
import type { AgentResponse } from "../types/response.js";

/** What one stream of a response is to do. */
export interface StreamPlan {
  readonly settings: Settings;
  /** The request that starts the run; undefined for a run that is there. */
  readonly create?: CreatePlan | undefined;
  /** Makes the request that reads on after a cursor. */
  attach(responseId: string, after: number | undefined): Call;
  readonly maxRetries: number;
  readonly timeoutMs: number;
  readonly resume: Settings["resume"];
}

/** How a run is started. */
export interface CreatePlan {
  readonly call: Call;
  /** The same without an idempotency key, for a server that stores nothing; undefined where the caller chose the key. */
  readonly bare?: Call | undefined;
  /** False where the request says `store: false`. */
  readonly stored: boolean;
}

/** What is known of a stream so far. */
export interface StreamState {
  responseId: string | undefined;
  /** `sequence_number` of the last event that was delivered, or where the caller began. */
  cursor: number | undefined;
  /** The newest response object that an event brought. */
  response: AgentResponse | undefined;
  /** The response as the terminal event has it. */
  final: AgentResponse | undefined;
  /** Events delivered. */
  delivered: number;
  /** Whether an event came without a number: then nothing says where to go on. */
  unnumbered: boolean;
}
