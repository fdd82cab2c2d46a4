import type { Tokenizer } from "../wire/responses/load-tokenizer.js";

/** Characters of a text without white space that are counted together at most: a word is shorter. */
const MAX_WORD = 256;

/**
 * The room that `max_output_tokens` leaves. Pieces of a word are counted as the word they make up: an
 * author who yields letter by letter has no less room than one who yields sentences.
 */
export class OutputBudget {
  readonly #tokens: Tokenizer;
  readonly #max: number;
  /** Tokens of the words that are over. */
  #used = 0;
  /** The word that may go on, and its tokens. */
  #word = "";
  #cut = false;

  constructor(tokens: Tokenizer, max: number) {
    this.#tokens = tokens;
    this.#max = max;
  }

  /** True once a piece was cut. */
  get isSpent(): boolean {
    return this.#cut;
  }

  /** As much of a piece as there is room for. */
  spend(piece: string): string {
    if (this.#cut) return "";
    const text = this.#word + piece;
    const room = this.#max - this.#used;
    if (this.#tokens.count(text) > room) {
      this.#cut = true;
      return this.#tokens.take(text, room).slice(this.#word.length);
    }
    const end = wordStart(text);
    this.#used += this.#tokens.count(text.slice(0, end));
    this.#word = text.slice(end);
    return piece;
  }
}

/** Where the last word of a text begins, with the space before it: tokens begin there too. */
function wordStart(text: string): number {
  const space = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n"));
  const start = space <= 0 ? 0 : space;
  return text.length - start > MAX_WORD ? text.length : start;
}
