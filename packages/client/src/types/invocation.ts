import type {
  FunctionCall,
  FunctionCallOutput,
  OutputMessage,
  ReasoningItem,
} from "@wheelhouse/core";
import type { InputItemParam } from "./create-body.js";
import type { UnlistedType } from "./unlisted.js";

/** The body of `POST /invocations`. A base agent (`agentType: null`) takes any JSON object. */
export interface InvocationBody {
  input?: readonly InputItemParam[] | undefined;
  custom_inputs?: Record<string, unknown> | undefined;
  context?: { conversation_id?: string | undefined; user_id?: string | undefined } | undefined;
  /** Chosen by the method: `invoke` or `stream`. */
  stream?: never;
  [field: string]: unknown;
}

/** What an agent's output holds in MLflow's form: ids and statuses may be missing. */
export type InvocationItem =
  | (Partial<OutputMessage> & { type: "message"; content: OutputMessage["content"] })
  | (Partial<FunctionCall> & {
      type: "function_call";
      call_id: string;
      name: string;
      arguments: string;
    })
  | (Partial<FunctionCallOutput> & { type: "function_call_output"; call_id: string })
  | (Partial<ReasoningItem> & { type: "reasoning"; summary: ReasoningItem["summary"] })
  | { type: UnlistedType; [field: string]: unknown };

/** The answer of `POST /invocations` for a ResponsesAgent. */
export interface InvocationResult {
  output: InvocationItem[];
  custom_outputs?: Record<string, unknown>;
  [field: string]: unknown;
}

/** One frame of a stream of `/invocations`. */
export type InvocationEvent =
  | { type: "response.output_text.delta"; item_id: string; delta: string; [field: string]: unknown }
  | { type: "response.output_item.done"; item: InvocationItem; [field: string]: unknown }
  | { type: "error"; message: string; [field: string]: unknown }
  | { type: `${string}:${string}`; [field: string]: unknown }
  /** The last frame where the trace id was asked for. */
  | { type?: undefined; trace_id: string; [field: string]: unknown }
  | { type: UnlistedType; [field: string]: unknown };
