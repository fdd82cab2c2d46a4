import type { AgentContext, AgentHandler, AgentRequest } from "@wheelhouse/core";
import type { AgentFunction, HandlerKind } from "./agent-function.js";
import type { ResolvedOptions } from "./handler-options.js";
import { customInputsParser } from "./parse-custom-inputs.js";
import { isAgentThread } from "../worker/agent-thread.js";
import { createWorkerPool } from "../worker/worker-pool.js";

/** Under `Symbol.for`, so that a handler of another installed copy of the package is recognised too. */
export const HANDLER: unique symbol = Symbol.for("wheelhouse.agent-sdk.handler");

declare const customInputs: unique symbol;

/** What is behind a handler; for this package only. */
export interface HandlerInternals {
  /** The author's function as it was given. */
  readonly fn: AgentFunction;
  /** The same handler with worker threads of its own, so that closing one server spares the others. */
  fork(): ServedHandler;
}

/** A handler as one server uses it. */
export interface ServedHandler {
  readonly handler: AgentHandler;
  close(): Promise<void>;
}

/** One half of an agent, as `invoke` and `stream` make it. Frozen; making one changes nothing else. */
export interface Handler<
  Kind extends HandlerKind = HandlerKind,
  CustomInputs = unknown,
> extends AgentHandler {
  readonly kind: Kind;
  readonly options: ResolvedOptions;
  readonly [HANDLER]: HandlerInternals;
  /** Exists in the types alone: carries what the schema gives. */
  readonly [customInputs]?: CustomInputs;
}

/** Whether a value is a {@link Handler}, of this copy of the package or of another one. */
export function isHandler(value: unknown): value is Handler {
  return typeof value === "object" && value !== null && HANDLER in value;
}

/** Makes a handler of a checked function. `name` is the root span's (B60). */
export function createHandler<Kind extends HandlerKind>(
  kind: Kind,
  options: ResolvedOptions,
  fn: AgentFunction,
  name: string = fn.name || options.name,
): Handler<Kind> {
  const base = {
    kind,
    name,
    options,
    parseCustomInputs:
      options.customInputs === undefined ? undefined : customInputsParser(options.customInputs),
  };
  const fork = (): ServedHandler => {
    const pool = createWorkerPool(kind, name, options);
    const run: AgentHandler["run"] = (request, context) => pool.run(request, context);
    return { handler: Object.freeze({ ...base, run }), close: () => pool.close() };
  };
  if (options.worker === undefined || isAgentThread) {
    const handler: Handler<Kind> = Object.freeze({
      ...base,
      // The engine has checked the request against this handler's own schema.
      run: (request: AgentRequest, context: AgentContext) => fn(request as never, context),
      [HANDLER]: { fn, fork: () => ({ handler, close: async () => {} }) },
    });
    return handler;
  }
  let own: ServedHandler | undefined;
  return Object.freeze({
    ...base,
    run: (request: AgentRequest, context: AgentContext) =>
      (own ??= fork()).handler.run(request, context),
    [HANDLER]: { fn, fork },
  });
}
