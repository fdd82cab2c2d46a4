import type { InputItem } from "@wheelhouse/core";
import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { beforeAll, describe, expect, test } from "vitest";
import { countInputTokens } from "../src/wire/responses/count-tokens.js";
import { loadTokenizer, type Tokenizer } from "../src/wire/responses/load-tokenizer.js";
import { textPieces } from "../src/wire/responses/text-pieces.js";

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await loadTokenizer();
});

const plain = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };
const direct = (text: string): number => countTokens(text, plain);

const word = fc.constantFrom(
  "The",
  " fox",
  " jumps,",
  " über",
  " 漢字",
  "\n\n",
  " 42",
  " it's",
  "🙂",
);
const prose = fc.array(word, { maxLength: 40 }).map((words) => words.join(""));
const anything = fc.oneof(prose, fc.string({ unit: "binary", maxLength: 200 }));

describe("the tokenizer", () => {
  test("is loaded once", async () => {
    expect(await loadTokenizer()).toBe(tokenizer);
  });

  test("counts what the package counts", () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(tokenizer.count(text)).toBe(direct(text));
      }),
      { numRuns: 300 },
    );
  });

  test("counts a long text in pieces as it does in one", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 3000, maxLength: 3500 }), (words) => {
        // Words to cut at: where there are none the counts may differ by a token a piece.
        const text = words.map((one) => `word${one} and`).join("");
        expect(tokenizer.count(text)).toBe(direct(text));
      }),
      { numRuns: 10 },
    );
  });

  test("special tokens are plain text", () => {
    expect(tokenizer.count("<|endoftext|>")).toBeGreaterThan(1);
    expect(tokenizer.take("a<|endoftext|>b", 1000)).toBe("a<|endoftext|>b");
  });

  test("takes the first tokens, never half a character", () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 0, max: 60 }), (text, max) => {
        const taken = tokenizer.take(text, max);
        expect(text.startsWith(taken)).toBe(true);
        expect(/[\ud800-\udbff]$/.test(taken) && !text.endsWith(taken)).toBe(false);
        expect(tokenizer.count(taken)).toBeLessThanOrEqual(max);
        expect(tokenizer.take(text, tokenizer.count(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
    expect(tokenizer.take("one two three", 2)).toBe("one two");
    expect(tokenizer.take("one", -1)).toBe("");
  });

  test.each([
    ["a letter", "a".repeat(1_000_000)],
    ["white space", " ".repeat(1_000_000)],
    ["line ends and slashes", `!${"/\n".repeat(500_000)}`],
    ["a sign", "!".repeat(1_000_000)],
    ["marks", "\u0301".repeat(1_000_000)],
    ["half characters", "\ud83d".repeat(1_000_000)],
    ["ten megabytes", "the quick brown fox\n".repeat(500_000)],
  ])("%s: a text that is made to be slow is not", (_name, text) => {
    expect(tokenizer.count(text)).toBeGreaterThan(1000);
    expect(text.startsWith(tokenizer.take(text, 100))).toBe(true);
  });
});

test("pieces are the text, none with a long run", () => {
  const run = fc
    .tuple(
      fc.constantFrom("a", " ", "\n", "/", "!", "1", "é", "漢", "🙂", "a ", "/\n"),
      fc.nat(6000),
    )
    .map(([one, times]) => one.repeat(times));
  fc.assert(
    fc.property(fc.array(run, { maxLength: 6 }), (runs) => {
      const text = runs.join("");
      const pieces = [...textPieces(text)];
      expect(pieces.join("")).toBe(text);
      for (const piece of pieces)
        expect(piece).not.toMatch(/\p{L}{300}|[\r\n/]{400}|\s{300}|[^\s\p{L}\p{N}]{400}/u);
    }),
    { numRuns: 100 },
  );
});

describe("the tokens of a request", () => {
  const count = (input: object[], rest: object = {}): number =>
    countInputTokens({ ...rest, input: input as InputItem[] }, tokenizer);
  const message = (text: string): object => ({ type: "message", role: "user", content: text });

  test("are those of its texts, and a few for each item", () => {
    expect(count([])).toBe(0);
    // The text, the role, and 4 around them.
    expect(count([message("one two three")])).toBe(3 + 1 + 4);
    expect(count([], { instructions: "one two three" })).toBe(3 + 4);
    const parts = [{ type: "input_text", text: "one two three", annotations: ["unseen"] }];
    expect(count([{ type: "message", role: "user", content: parts }])).toBe(3 + 1 + 4);
  });

  test("count calls, outputs, tools and the output format", () => {
    const empty = count([message("")]);
    for (const item of [
      { type: "function_call", call_id: "c", name: "search", arguments: '{"q":"x"}' },
      { type: "function_call_output", call_id: "c", output: "a result" },
      { type: "function_call_output", call_id: "c", output: [{ type: "input_text", text: "it" }] },
      { type: "acme:thing", deep: [{ here: { is: "text" } }, 1, true, null] },
    ])
      expect(count([message(""), item])).toBeGreaterThan(empty + 4);
    const tools = [{ type: "function", name: "f", parameters: { type: "object" } }];
    expect(count([], { tools })).toBe(direct(JSON.stringify(tools[0])));
    const format = { type: "json_schema", name: "s", schema: { type: "object" } };
    expect(count([], { text: { format } })).toBe(direct(JSON.stringify(format)));
    expect(count([], { text: { format: { type: "text" } }, tools: null })).toBe(0);
  });

  test("are the same for every image and file, whatever its size", () => {
    const part = (fields: object): number =>
      count([{ type: "message", role: "user", content: [fields] }]) - 5;
    expect(
      part({ type: "input_image", image_url: `data:image/png;base64,${"A".repeat(1e6)}` }),
    ).toBe(765);
    expect(part({ type: "input_image", image_url: "https://example.org/" })).toBe(765);
    expect(part({ type: "input_file", file_data: "A".repeat(1e6) })).toBe(1500);
    expect(part({ type: "acme:clip", clip: `data:audio/wav;base64,${"A".repeat(1e6)}` })).toBe(
      1500,
    );
  });

  test("leave out what no model reads", () => {
    const reasoning = { type: "reasoning", summary: [{ type: "summary_text", text: "so" }] };
    expect(count([{ ...reasoning, id: "rs_1", encrypted_content: "x".repeat(1000) }])).toBe(5);
  });

  test("of a very long input are taken from its first part", () => {
    const text = "one two three\n".repeat(200_000);
    const exact = 200_000 * direct("one two three\n");
    expect(Math.abs(count([message(text)]) / exact - 1)).toBeLessThan(0.001);
    const two = count([message(text), message(text)]);
    expect(Math.abs(two / (2 * exact) - 1)).toBeLessThan(0.001);
  });
});
