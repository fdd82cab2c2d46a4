import { AppError } from "@wheelhouse/core";

/** Characters of output that one run may hold: as many as a request's body may have bytes. */
const MAX_OUTPUT_CHARACTERS = 67_108_864;

/**
 * The bound of what a run gathers until its end: an author that never stops would otherwise fill the
 * memory of a server whose client waits for the whole answer.
 */
export class OutputBound {
  #characters = 0;

  /** Counts a piece of text before it is kept. Throws `budget_exceeded` past the bound. */
  add(piece: unknown): void {
    const { text, delta } = (typeof piece === "string" ? { text: piece } : (piece ?? {})) as {
      text?: unknown;
      delta?: unknown;
    };
    if (typeof text === "string") this.#characters += text.length;
    if (typeof delta === "string") this.#characters += delta.length;
    if (this.#characters <= MAX_OUTPUT_CHARACTERS) return;
    throw new AppError("budget_exceeded", {
      message: `The answer is longer than ${MAX_OUTPUT_CHARACTERS} characters.`,
    });
  }
}
