import type { Usage } from "@wheelhouse/core";

/** A count, or 0 for what is not one. */
const count = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.trunc(value) : 0;

/** Adds up the tokens of several model calls. */
export class UsageTotal {
  #input = 0;
  #output = 0;
  #cached = 0;
  #reasoning = 0;

  /** Whether the author told of any. */
  known = false;

  add(input: unknown, output: unknown, cached?: unknown, reasoning?: unknown): void {
    this.known = true;
    this.#input += count(input);
    this.#output += count(output);
    this.#cached += count(cached);
    this.#reasoning += count(reasoning);
  }

  /** Adds a usage object in the Responses API's form; anything else is passed over. */
  addObject(usage: unknown): void {
    if (typeof usage !== "object" || usage === null) return;
    const given = usage as Partial<Record<keyof Usage, unknown>>;
    this.add(
      given.input_tokens,
      given.output_tokens,
      (given.input_tokens_details as Usage["input_tokens_details"] | undefined)?.cached_tokens,
      (given.output_tokens_details as Usage["output_tokens_details"] | undefined)?.reasoning_tokens,
    );
  }

  /** All parts present: clients' schemas want numbers, never null. */
  toUsage(): Usage {
    return {
      input_tokens: this.#input,
      input_tokens_details: { cached_tokens: this.#cached },
      output_tokens: this.#output,
      output_tokens_details: { reasoning_tokens: this.#reasoning },
      total_tokens: this.#input + this.#output,
    };
  }
}
