import type {
  FunctionCall,
  FunctionCallOutput,
  InputFunctionCall,
  InputFunctionCallOutput,
  InputMessage,
  InputReasoning,
  McpCall,
  OutputMessage,
  ReasoningItem,
  Usage,
} from "@wheelhouse/core";
import type { UnlistedItem } from "./response.js";

type WithId<Item> = Item & { id: string };

/** An item that the server keeps: of a request, an answer or a conversation. */
export type StoredItem =
  | WithId<InputMessage>
  | OutputMessage
  | WithId<InputFunctionCall>
  | FunctionCall
  | WithId<InputFunctionCallOutput>
  | FunctionCallOutput
  | WithId<InputReasoning>
  | ReasoningItem
  | McpCall
  | UnlistedItem;

/** A conversation; its items are listed on their own. */
export interface Conversation {
  readonly id: string;
  readonly object: "conversation";
  /** Unix seconds. */
  readonly created_at: number;
  readonly metadata: Readonly<Record<string, string>> | null;
}

/** The answer to `DELETE`. */
export interface Deleted {
  readonly id: string;
  readonly object: string;
  readonly deleted: boolean;
}

/** An agent, as `GET /models` lists it. */
export interface Model {
  readonly id: string;
  readonly object: "model";
  /** Unix seconds. */
  readonly created: number;
  readonly owned_by: string;
}

/** The answer of `GET /agent/info`. */
export interface AgentInfo {
  readonly name: string;
  readonly use_case: string;
  readonly mlflow_version: string;
  /** `responses` where the agent speaks the Responses API. */
  readonly agent_api?: string;
  readonly [field: string]: unknown;
}

/** The answer of `POST /responses/input_tokens`. */
export interface InputTokens {
  readonly object: "response.input_tokens";
  readonly input_tokens: number;
}

/** The answer of `POST /responses/compact`: give its `output` as the `input` of a new chain. */
export interface Compaction {
  readonly id: string;
  readonly object: "response.compaction";
  /** Unix seconds. */
  readonly created_at: number;
  readonly output: StoredItem[];
  readonly usage: Usage | null;
}
