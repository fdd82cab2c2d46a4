import type {
  FunctionCall,
  FunctionCallOutput,
  McpCall,
  OutputMessage,
  ReasoningItem,
  Response,
} from "@wheelhouse/core";
import type { UnlistedType, Without } from "./unlisted.js";

/** An output item of another of OpenAI's types, or of a `slug:` type. */
export interface UnlistedItem {
  readonly type: UnlistedType;
  readonly id: string;
  readonly [field: string]: unknown;
}

/** One thing that an agent's `output` holds; `type` tells them apart. */
export type AgentOutputItem =
  | OutputMessage
  | FunctionCall
  | FunctionCallOutput
  | ReasoningItem
  | McpCall
  | UnlistedItem;

/** The response object. Not checked at run time: it is what the server sent. */
export type AgentResponse = Without<Response, "output"> & {
  output: AgentOutputItem[];
  /** Counts from 1; more than 1 after a crash of the server. On `retrieve` only. */
  attempt_number?: number | undefined;
};
