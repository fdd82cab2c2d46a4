import type { AgentContext, AgentRequest, Part } from "@wheelhouse/core";
import type { AnyCustomInputs } from "./handler-options.js";

/** Shuts functions, lists, maps, dates and streams out of the types below: none of them is a JSON object. */
export interface NotExotic {
  readonly [Symbol.hasInstance]?: never;
  readonly [Symbol.iterator]?: never;
  readonly [Symbol.asyncIterator]?: never;
  readonly [Symbol.toPrimitive]?: never;
  readonly [Symbol.toStringTag]?: never;
}

/**
 * An object with keys of its own. The keys have type `any` and not `unknown`, because only so do
 * interfaces, which have no index signature, fit.
 */
interface OpenObject extends NotExotic {
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [key: string]: any;
}

/** An output item as authors write it: the server adds a missing id and status. */
export interface AuthoredItem extends OpenObject {
  readonly type: string;
  readonly id?: string | null | undefined;
  readonly $part?: never;
}

/** A Responses stream event as authors write it: the server adds what it can work out. */
export interface AuthoredEvent extends OpenObject {
  readonly type: string;
  readonly $part?: never;
}

/** A whole result, or with `agentType: null` any JSON object. */
export interface AuthoredResult extends OpenObject {
  readonly output?: string | readonly (Part | AuthoredItem)[] | undefined;
  readonly custom_outputs?: object | null | undefined;
  readonly usage?: object | null | undefined;
  readonly $part?: never;
}

/** What an invoke function gives. */
export type InvokeResult = string | Part | readonly (Part | AuthoredItem)[] | AuthoredResult;

/** One thing a stream function yields: text, a part (`ev.*`) or a raw Responses event. */
export type Yieldable = string | Part | AuthoredEvent;

/** What a stream function gives. A lone string is no stream: yield it, or use invoke. */
export type StreamResult =
  | AsyncIterable<Yieldable>
  | (Iterable<Yieldable> & object)
  | ReadableStream<Yieldable>;

/** An agent's function that answers at once. */
export type InvokeFunction<CustomInputs = AnyCustomInputs> = (
  request: AgentRequest<CustomInputs>,
  context: AgentContext,
) => InvokeResult | PromiseLike<InvokeResult>;

/** An agent's function that answers in pieces. */
export type StreamFunction<CustomInputs = AnyCustomInputs> = (
  request: AgentRequest<CustomInputs>,
  context: AgentContext,
) => StreamResult | PromiseLike<StreamResult>;

/** An agent's function whose kind and types do not matter any more. */
export type AgentFunction = (request: never, context: AgentContext) => unknown;

/** Which of an agent's two halves a function is. */
export type HandlerKind = "invoke" | "stream";
