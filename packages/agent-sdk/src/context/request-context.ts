import { AsyncLocalStorage } from "node:async_hooks";
import type { AgentContext } from "@wheelhouse/core";
import { processWide } from "../process-wide.js";

/** What is kept for one run. Held by reference and copied when read, so a run costs one small object. */
interface RunState {
  readonly context: AgentContext;
  /** Replaces the context's headers. */
  headers: Readonly<Record<string, string>> | undefined;
}

const shared = processWide("requestContext", () => ({
  runs: new AsyncLocalStorage<RunState>(),
  defaultHeaders: {} as Readonly<Record<string, string>>,
}));

/**
 * Calls a function as part of a run. An async generator's body runs in the context of whoever asks for
 * its next value, so whoever iterates one must do so in here too.
 */
export function runWithContext<Result>(context: AgentContext, fn: () => Result): Result {
  return shared.runs.run({ context, headers: undefined }, fn);
}

/** The context of the run this code is part of; undefined outside of one. */
export function getContext(): AgentContext | undefined {
  return shared.runs.getStore()?.context;
}

/**
 * The headers of the request this code answers, keys in lower case (B46, B47). A copy. Outside a run:
 * what {@link setRequestHeaders} set there, else `{}`.
 */
export function getRequestHeaders(): Record<string, string> {
  const state = shared.runs.getStore();
  if (state === undefined) return { ...shared.defaultHeaders };
  return { ...(state.headers ?? state.context.headers) };
}

/**
 * Replaces the request's headers: inside a run for the rest of that run, outside for the whole process,
 * as MLflow does. Keys are put in lower case. Throws a TypeError for a value that is not a string.
 */
export function setRequestHeaders(headers: Readonly<Record<string, string>>): void {
  const lower: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string") throw new TypeError(`header "${name}" must be a string`);
    lower[name.toLowerCase()] = value;
  }
  const state = shared.runs.getStore();
  if (state === undefined) shared.defaultHeaders = lower;
  else state.headers = lower;
}
