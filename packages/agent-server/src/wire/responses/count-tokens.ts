import type { CreateResponseRequest, InputItem } from "@wheelhouse/core";
import type { Tokenizer } from "./load-tokenizer.js";

/** Tokens of an image: what GPT-4o takes for one of 1024 by 1024 pixels in high detail. */
const IMAGE_TOKENS = 765;
/** Tokens of a file, sound or video: about a page of text and its picture. */
const FILE_TOKENS = 1_500;
/** Tokens around each item: role, separators. */
const ITEM_TOKENS = 4;
/**
 * Characters that are counted: 50 ms of prose, a second at worst (measured), while nothing else runs. The
 * rest of a longer input is taken to be like these.
 */
const MAX_COUNTED = 500_000;

/** Types that stand for one image or file, whatever they hold. */
const FLAT: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ["input_image", IMAGE_TOKENS],
  ["computer_screenshot", IMAGE_TOKENS],
  ["image_generation_call", IMAGE_TOKENS],
  ["input_file", FILE_TOKENS],
  ["input_audio", FILE_TOKENS],
  ["input_video", FILE_TOKENS],
]);

/** Fields that a model is not shown. */
const UNSEEN: ReadonlySet<string> = new Set([
  "annotations",
  "call_id",
  "encrypted_content",
  "id",
  "logprobs",
  "status",
  "type",
]);

/**
 * About how many tokens a request's input takes, for `POST /responses/input_tokens`: instructions, the
 * text of all items, names and arguments of calls, outputs, tool definitions and the output format as
 * JSON. An estimate: only the agent knows its model's tokenizer and what else it puts in the prompt.
 *
 * @param body - with the items of earlier turns, references resolved and compactions expanded.
 */
export function countInputTokens(
  body: Pick<CreateResponseRequest, "instructions" | "text" | "tools"> & {
    readonly input: readonly InputItem[];
  },
  tokenizer: Tokenizer,
): number {
  const sum = new TokenSum(tokenizer);
  if (body.instructions) {
    sum.add(ITEM_TOKENS);
    sum.addText(body.instructions);
  }
  for (const item of body.input) {
    sum.add(ITEM_TOKENS);
    addValue(sum, item);
  }
  for (const tool of body.tools ?? []) sum.addText(JSON.stringify(tool));
  const format: unknown = body.text?.["format"];
  if (typeof format === "object" && format !== null && "schema" in format)
    sum.addText(JSON.stringify(format));
  return sum.total();
}

/** Adds what a model reads of a value: its texts, and a fixed figure for each image or file. */
function addValue(sum: TokenSum, value: unknown): void {
  if (typeof value === "string") {
    if (value.startsWith("data:")) sum.add(FILE_TOKENS);
    else sum.addText(value);
  } else if (typeof value === "number" || typeof value === "boolean") {
    sum.add(1);
  } else if (Array.isArray(value)) {
    for (const entry of value as unknown[]) addValue(sum, entry);
  } else if (typeof value === "object" && value !== null) {
    const flat = FLAT.get((value as { type?: unknown }).type);
    if (flat !== undefined) {
      sum.add(flat);
      return;
    }
    for (const [key, entry] of Object.entries(value)) if (!UNSEEN.has(key)) addValue(sum, entry);
  }
}

/** Adds up tokens, of text up to the bound. */
class TokenSum {
  readonly #tokenizer: Tokenizer;
  #fixed = 0;
  #tokens = 0;
  #counted = 0;
  #uncounted = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  add(tokens: number): void {
    this.#fixed += tokens;
  }

  addText(text: string): void {
    const counted = text.slice(0, MAX_COUNTED - this.#counted);
    this.#tokens += this.#tokenizer.count(counted);
    this.#counted += counted.length;
    this.#uncounted += text.length - counted.length;
  }

  total(): number {
    const rest =
      this.#uncounted === 0 ? 0 : Math.ceil((this.#uncounted * this.#tokens) / this.#counted);
    return this.#fixed + this.#tokens + rest;
  }
}
