import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { OutputBudget } from "../src/run/output-budget.js";
import { loadTokenizer, type Tokenizer } from "../src/wire/responses/load-tokenizer.js";

let tokenizer: Tokenizer;

beforeAll(async () => {
  tokenizer = await loadTokenizer();
});

/** What is let through of pieces. */
function spent(pieces: readonly string[], max: number): { text: string; isSpent: boolean } {
  const budget = new OutputBudget(tokenizer, max);
  const text = pieces.map((piece) => budget.spend(piece)).join("");
  return { text, isSpent: budget.isSpent };
}

const words = fc.array(
  fc.oneof(
    fc.constantFrom(
      "the ",
      "quick",
      " brown",
      " fox\n",
      "",
      "über ",
      "日本語",
      "😀",
      "0123456789 ",
    ),
    fc.string({ maxLength: 12 }),
  ),
  { maxLength: 60 },
);

test("R53 what is let through is a start of the text, and whole unless the budget is spent", () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 80 }), (pieces, max) => {
      const whole = pieces.join("");
      const { text, isSpent } = spent(pieces, max);
      expect(whole.startsWith(text)).toBe(true);
      expect(text === whole).toBe(!isSpent);
      // Words are counted apart, which may give some more than the whole text has, never fewer.
      expect(tokenizer.count(text)).toBeLessThanOrEqual(max);
    }),
    { numRuns: 300 },
  );
});

test("R53 letters and sentences have the same room", () => {
  const text = "The quick brown fox jumps over the lazy dog. ".repeat(20);
  const bySentence = spent([text], 50).text;
  const byLetter = spent(text.split(""), 50).text;
  expect(bySentence).toBe(byLetter);
  expect(tokenizer.count(bySentence)).toBeGreaterThan(45);
});

test("R53 a text of exactly the budget is not cut", () => {
  const text = "one two three four five";
  expect(spent([text], tokenizer.count(text))).toEqual({ text, isSpent: false });
});
