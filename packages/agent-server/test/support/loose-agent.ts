import { type Handler, invoke, stream } from "@wheelhouse/agent-sdk";
import type { AgentContext, AgentRequest } from "@wheelhouse/core";

/** An author's function without the types that would keep it from a mistake. */
type LooseFunction = (request: AgentRequest, context: AgentContext) => unknown;

/** `invoke` for authors who do what they must not. */
export const looseInvoke = (fn: LooseFunction, options: object = {}): Handler =>
  invoke(options, fn as never);

/** `stream` for authors who do what they must not. */
export const looseStream = (fn: LooseFunction, options: object = {}): Handler =>
  stream(options, fn as never);
