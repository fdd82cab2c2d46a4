/** Characters that are given to the tokenizer at once, so that taking the first tokens of a long text is cheap. */
const PIECE_LENGTH = 8_192;
/** How far after that a place is looked for where the tokenizer cuts anyway. */
const SEARCH_LENGTH = 1_024;
/**
 * Characters of one run of letters, signs or white space. The tokenizer's work on a run grows with the
 * square of its length (forty thousand times one letter: more than a second, measured), so longer ones
 * are cut, at the price of about one token in a hundred there.
 */
const RUN_LENGTH = 128;

/** o200k_base begins a new run before the space of a word that follows a letter or digit. */
const CUT = /(?<=[\p{L}\p{N}]) (?=\p{L})/u;
/** Where there may be too long a run; nearly no text has one. */
const LONG_RUN = new RegExp(String.raw`\S{${RUN_LENGTH}}|[\s/]{${RUN_LENGTH}}`);
/** The runs of o200k_base, no longer than the bound; a line end may be followed by slashes. */
const RUN = new RegExp(
  ["[\\p{L}\\p{M}]", "\\p{N}", "[\\r\\n/]", "\\s", "[^\\s\\p{L}\\p{N}]"]
    .map((one) => `${one}{1,${RUN_LENGTH}}`)
    .join("|"),
  "gu",
);

/**
 * Cuts a text into pieces that a byte pair tokenizer takes in time proportional to their length. Joined
 * they are the text, and nearly always their tokens are the text's.
 */
export function* textPieces(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const to = pieceEnd(text, from);
    const piece = text.slice(from, to);
    if (LONG_RUN.test(piece)) yield* shortRuns(piece);
    else yield piece;
    from = to;
  }
}

function pieceEnd(text: string, from: number): number {
  const end = from + PIECE_LENGTH;
  if (end >= text.length) return text.length;
  const at = text.slice(end, end + SEARCH_LENGTH).search(CUT);
  if (at !== -1) return end + at;
  return isHighSurrogate(text.charCodeAt(end - 1)) ? end + 1 : end;
}

/** The parts of a piece between ends of full runs: what is not too long stays together. */
function* shortRuns(piece: string): Generator<string> {
  let from = 0;
  for (const { 0: run, index } of piece.matchAll(RUN)) {
    if (run.length < RUN_LENGTH) continue;
    yield piece.slice(from, index + run.length);
    from = index + run.length;
  }
  if (from < piece.length) yield piece.slice(from);
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
