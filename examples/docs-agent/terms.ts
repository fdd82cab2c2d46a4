const STOP_WORDS = new Set(
  (
    "a about all also am an and any are as at be been by can could did do does for from get give go had happen happens has have " +
    "hello hey hi how i if in into is it its just like make may me mean must my need no not of on one or our please " +
    "s say shall should show so some t tell than thank thanks that the their them then there these they this to " +
    "use used using want was we what whats when where which who why will with work works would you your"
  ).split(" "),
);

/** Words that ask for the same thing. A question that has one finds the others, with less weight. */
const SYNONYMS = [
  "stop cancel abort interrupt quit kill end",
  "write create build author define",
  "start launch serve run",
  "error exception fail throw",
  "auth authentication authenticate login token",
  "install setup set-up requirements",
  "host bind address",
  "stream streaming sse chunk",
  "citation cite source",
  "tool function",
  "worker thread cpu blocking",
  "express mount middleware router",
  "deploy docker container production kubernetes",
  "limit bound maximum size",
  "timeout deadline slow",
  "config configuration option setting environment variable flag",
  "migrate migration python",
  "several multiple many",
  "client sdk",
  "decorator class method",
];

/**
 * The words of a text as the index keeps them: lower case, without stop words, cut to their stem; a name
 * in camelCase or snake_case counts as a whole and as its parts.
 */
export function terms(text: string): string[] {
  const found: string[] = [];
  for (const [word] of text.matchAll(/[\p{L}\p{N}_]+/gu)) {
    const parts = word.split(/_+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u).filter((part) => part !== "");
    const whole = word.toLowerCase();
    if (!STOP_WORDS.has(whole)) found.push(stem(whole));
    if (parts.length < 2) continue;
    for (const part of parts) {
      const lower = part.toLowerCase();
      if (!STOP_WORDS.has(lower)) found.push(stem(lower));
    }
  }
  return found;
}

/** English endings off, roughly: what matters is that the forms of one word meet. */
function stem(word: string): string {
  let cut = word;
  if (cut.length > 4) cut = cut.replace(/ies$/, "y");
  if (cut.length > 3) cut = cut.replace(/(?<=ch|sh|x|ss)es$|(?<![sui])s$/, "");
  if (cut.length > 4) cut = cut.replace(/(?<=[aeiouy].*[^aeiou]|[aeiouy].*[aeiou])(?:ing|ed)$/, "");
  if (cut.length > 4) cut = cut.replace(/e$/, "");
  return cut.length > 3 ? cut.replace(/([^aeiou\d])\1$/, "$1") : cut;
}

const groups = SYNONYMS.map((line) => [...new Set(terms(line))]);

/** The synonyms of a term, without the term. */
export function synonyms(term: string): string[] {
  return groups.flatMap((group) =>
    group.includes(term) ? group.filter((one) => one !== term) : [],
  );
}
