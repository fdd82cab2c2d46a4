import { textPieces } from "./text-pieces.js";

/** Counts tokens of text with o200k_base, the encoding of OpenAI's models since GPT-4o. */
export interface Tokenizer {
  /** How many tokens a text has. Special tokens in it, such as `<|endoftext|>`, count as plain text. */
  count(text: string): number;
  /** The start of a text that has at most `max` tokens; it never ends inside a character. */
  take(text: string, max: number): string;
}

/** Runs whose tokens are kept: the package's own default would keep ten times as many. */
const MERGE_CACHE_SIZE = 10_000;

let loading: Promise<Tokenizer> | undefined;

/**
 * The tokenizer, loaded the first time it is asked for: its table takes 140 ms and 75 MB (measured), which
 * a server that counts nothing should not pay for.
 */
export function loadTokenizer(): Promise<Tokenizer> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Tokenizer> {
  const [{ GptEncoding }, { default: ranks }] = await Promise.all([
    import("gpt-tokenizer/GptEncoding"),
    import("gpt-tokenizer/bpeRanks/o200k_base"),
  ]);
  // An instance of our own: the package's shared one belongs to the author's code.
  const encoding = GptEncoding.getEncodingApi("o200k_base", () => ranks);
  encoding.setMergeCacheSize(MERGE_CACHE_SIZE);
  const plain = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };
  const encode = (piece: string): number[] => encoding.encode(piece, plain);

  return {
    count(text) {
      let count = 0;
      for (const piece of textPieces(text)) count += encode(piece).length;
      return count;
    },
    take(text, max) {
      let length = 0;
      let left = Math.max(0, Math.floor(max));
      for (const piece of textPieces(text)) {
        const tokens = encode(piece);
        if (tokens.length > left)
          return text.slice(0, length) + wholeCharacters(piece, tokens.slice(0, left));
        left -= tokens.length;
        length += piece.length;
      }
      return text;
    },
  };

  /** What the tokens say of the piece: a character may be several tokens, and half of one says nothing. */
  function wholeCharacters(piece: string, tokens: readonly number[]): string {
    for (let count = tokens.length; count > 0; count--) {
      const start = encoding.decode(tokens.slice(0, count));
      if (piece.startsWith(start)) return start;
    }
    return "";
  }
}
