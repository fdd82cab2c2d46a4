import { AppError } from "@wheelhouse/core";
import { jsonText } from "./assemble/plain-json.js";

/** Longest name of a step, in characters. */
const MAX_NAME = 256;
/** Steps that one run may have: each is a record. */
const MAX_STEPS = 10_000;

/** Where the results of steps outlive the process. Values are JSON text; undefined is kept as "". */
export interface StepMemory {
  get(name: string): string | undefined | Promise<string | undefined>;
  put(name: string, text: string): unknown;
}

/** The results of a run's steps: each name is run once. */
export class Steps {
  readonly #memory: StepMemory | undefined;
  readonly #results = new Map<string, Promise<string>>();

  /** @param memory - undefined keeps the results in memory, for the run. */
  constructor(memory: StepMemory | undefined) {
    this.#memory = memory;
  }

  /** The result kept under a name, or that of `fn`, which is then kept. */
  async run<Value>(
    name: string,
    fn: (signal: AbortSignal) => Value | PromiseLike<Value>,
    signal: AbortSignal,
  ): Promise<Value> {
    if (typeof name !== "string" || name === "" || name.length > MAX_NAME)
      throw new TypeError(`step: name must be a string of 1 to ${MAX_NAME} characters`);
    if (typeof fn !== "function")
      throw new TypeError("step: the second argument must be a function");
    signal.throwIfAborted();
    let result = this.#results.get(name);
    if (result === undefined) {
      if (this.#results.size >= MAX_STEPS)
        throw new AppError("budget_exceeded", {
          message: `A run may have at most ${MAX_STEPS} steps.`,
        });
      result = this.#once(name, fn, signal);
      this.#results.set(name, result);
      // What failed is tried again by the next call.
      result.catch(() => this.#results.delete(name));
    }
    const text = await result;
    return (text === "" ? undefined : JSON.parse(text)) as Value;
  }

  async #once(
    name: string,
    fn: (signal: AbortSignal) => unknown,
    signal: AbortSignal,
  ): Promise<string> {
    const kept = await this.#memory?.get(name);
    if (kept !== undefined) return kept;
    const value = await fn(signal);
    const text = value === undefined ? "" : jsonText(value);
    await this.#memory?.put(name, text);
    return text;
  }
}
