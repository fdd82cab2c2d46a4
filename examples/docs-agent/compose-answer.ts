import type { Hit } from "./search.js";
import type { Section } from "./sections.js";
import { terms } from "./terms.js";

/** Characters an excerpt may have; the block that begins within it is finished. */
const EXCERPT_LENGTH = 1_500;
const SEE_ALSO = 3;
/** Under this coverage the best section may be about something else. */
const SURE = 0.6;
/** The share of the best section's coverage that another one needs to be named beside it. */
const RELATED = 0.7;

/** An answer made from sections alone, as the pieces to stream. `hits` has at least one. */
export function composeAnswer(question: string, hits: readonly Hit[]): string[] {
  const best = hits[0]!;
  const source = `[${best.section.title}](${best.section.id})`;
  const lead =
    best.coverage >= SURE
      ? `From ${source}:\n\n`
      : `I am not sure this is what you mean. The closest I know of is ${source}:\n\n`;
  const others = hits
    .slice(1)
    .filter(({ coverage }) => coverage >= best.coverage * RELATED)
    .map(({ section }) => section)
    .filter(distinctFrom(best.section))
    .slice(0, SEE_ALSO);
  return [
    lead,
    ...excerpt(best.section.body, new Set(terms(question))).map((block) => `${block}\n\n`),
    ...(others.length === 0 ? [] : ["See also:\n", ...others.map(link)]),
  ];
}

const link = ({ title, trail, id }: Section): string => {
  const page = trail[0];
  return `- [${page === undefined || page === title ? title : `${page}: ${title}`}](${id})\n`;
};

/** Keeps one section of each title, so that the same heading in two READMEs is named once. */
function distinctFrom(best: Section): (section: Section) => boolean {
  const titles = new Set([best.title]);
  return ({ title }) => !titles.has(title) && titles.add(title) !== undefined;
}

interface Block {
  kind: "code" | "table" | "text";
  text: string;
}

/**
 * The blocks of a section that answer a question: all of a short one; of a long one its beginning, what
 * shares a word with the question, and the code that belongs to it.
 */
function excerpt(body: string, asked: ReadonlySet<string>): string[] {
  const blocks = splitBlocks(body).map((block) =>
    block.kind === "table" ? { ...block, text: rowsAbout(block.text, asked) } : block,
  );
  if (blocks.reduce((sum, { text }) => sum + text.length, 0) <= EXCERPT_LENGTH)
    return blocks.map(({ text }) => text);

  const firstCode = blocks.findIndex(({ kind }) => kind === "code");
  const kept: string[] = [];
  let length = 0;
  let keptBefore = false;
  for (const [at, { kind, text }] of blocks.entries()) {
    if (length >= EXCERPT_LENGTH) break;
    const relevant: boolean =
      kind === "code"
        ? keptBefore || at === firstCode
        : at === 0 || terms(text).some((term) => asked.has(term));
    keptBefore = relevant;
    if (!relevant) continue;
    kept.push(text);
    length += text.length;
  }
  return kept;
}

/** Cuts Markdown at blank lines; a code block stays whole. */
function splitBlocks(body: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let fence: string | undefined;
  const finish = (kind?: Block["kind"]): void => {
    if (lines.length > 0)
      blocks.push({
        kind: kind ?? (lines[0]!.startsWith("|") ? "table" : "text"),
        text: lines.join("\n"),
      });
    lines = [];
  };
  for (const line of body.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      lines.push(line);
      if (mark?.startsWith(fence) && line.trim() === mark) {
        finish("code");
        fence = undefined;
      }
    } else if (mark !== undefined) {
      finish();
      fence = mark;
      lines.push(line);
    } else if (line.trim() === "") finish();
    else lines.push(line);
  }
  finish(fence === undefined ? undefined : "code");
  return blocks;
}

/** Of a table with many rows, those that share a word with the question; all where none does. */
function rowsAbout(table: string, asked: ReadonlySet<string>): string {
  // A formatter pads the cells so that the source lines up: the reader does not need that.
  const compact = table.replace(/ {2,}/g, " ").replace(/-{4,}/g, "---");
  const [head = "", rule = "", ...rows] = compact.split("\n");
  const about = rows.filter((row) => terms(row).some((term) => asked.has(term)));
  if (rows.length <= 6 || about.length === 0) return compact;
  return [head, rule, ...about].join("\n");
}
