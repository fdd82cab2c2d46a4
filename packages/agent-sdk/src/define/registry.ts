import { processWide } from "../process-wide.js";
import type { HandlerKind, InvokeFunction, StreamFunction } from "./agent-function.js";
import { createHandler, type Handler, HANDLER } from "./handler.js";
import type { AnyCustomInputs, HandlerOptions } from "./handler-options.js";
import { resolveOptions } from "./handler-options.js";

/** Under `Symbol.for`, so that a registry of another installed copy of the package is recognised too. */
const REGISTRY = Symbol.for("wheelhouse.agent-sdk.registry");

/** Holds at most one function of each kind, as MLflow's decorators do. */
export interface Registry {
  /** Enters an invoke function and gives it back. A second one is refused (B58). */
  invoke<CustomInputs = AnyCustomInputs>(
    options?: HandlerOptions<CustomInputs>,
  ): <Fn extends InvokeFunction<CustomInputs>>(fn: Fn) => Fn;
  /** Enters a stream function and gives it back. A second one is refused (B58). */
  stream<CustomInputs = AnyCustomInputs>(
    options?: HandlerOptions<CustomInputs>,
  ): <Fn extends StreamFunction<CustomInputs>>(fn: Fn) => Fn;
  getInvokeFunction(): InvokeFunction | undefined;
  getStreamFunction(): StreamFunction | undefined;
  /** What was entered, as handlers. */
  handlers(): readonly Handler[];
  /** Empties the registry. */
  clear(): void;
}

/** Makes an empty registry: an agent source of its own, beside the default one (B59). */
export function createRegistry(): Registry {
  const entered = new Map<HandlerKind, Handler>();
  const enter = (kind: HandlerKind) => (given?: unknown) => {
    const options = resolveOptions(given);
    return <Fn extends (...args: never[]) => unknown>(fn: Fn): Fn => {
      if (typeof fn !== "function") throw new TypeError(`${kind}()(…) takes a function`);
      if (entered.has(kind)) throw new Error(`${kind} decorator can only be used once`);
      entered.set(kind, createHandler(kind, options, fn as never));
      return fn;
    };
  };
  const registry: Registry = {
    invoke: enter("invoke"),
    stream: enter("stream"),
    getInvokeFunction: () => entered.get("invoke")?.[HANDLER].fn as InvokeFunction | undefined,
    getStreamFunction: () => entered.get("stream")?.[HANDLER].fn as StreamFunction | undefined,
    handlers: () => [...entered.values()],
    clear: () => entered.clear(),
  };
  return Object.freeze(Object.defineProperty(registry, REGISTRY, { value: true }));
}

/** The registry that `invoke()(fn)` and `stream()(fn)` enter; one per process. */
export function defaultRegistry(): Registry {
  return processWide("defaultRegistry", createRegistry);
}

/** The invoke function of the default registry. */
export function getInvokeFunction(): InvokeFunction | undefined {
  return defaultRegistry().getInvokeFunction();
}

/** The stream function of the default registry. */
export function getStreamFunction(): StreamFunction | undefined {
  return defaultRegistry().getStreamFunction();
}

/** Whether a value is a {@link Registry}, of this copy of the package or of another one. */
export function isRegistry(value: unknown): value is Registry {
  return typeof value === "object" && value !== null && REGISTRY in value;
}
