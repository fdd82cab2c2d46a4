import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import MiniSearch, { type SearchOptions, type SearchResult } from "minisearch";
import { type Section, splitSections } from "./sections.js";
import { synonyms, terms } from "./terms.js";

/** A section that fits a question. */
export interface Hit {
  section: Section;
  /** How much of the question it covers, 0 to 1: rare words count for more. */
  coverage: number;
}

/** Finds the sections that fit a question, best first. */
export type Search = (question: string, limit?: number) => Promise<Hit[]>;

/** Files beyond this are not read; the repository has a few dozen. */
const MAX_FILES = 2_000;
const MAX_FILE_BYTES = 1_048_576;
const MAX_QUESTION_TERMS = 40;
/** Below this a section shares only some common word with the question. */
const MIN_COVERAGE = 0.4;
/** A word that the documentation never has says less about a question than a rare one. */
const UNKNOWN_WORTH = 0.8;
/** A synonym says nearly what was asked. */
const SYNONYM_WORTH = 0.7;

/**
 * Full-text search over a repository's Markdown. Nothing is read before the first question; after that
 * each question looks at the files' times and indexes those that changed.
 */
export function createSearch(root: string): Search {
  const index = new MiniSearch<Section>({
    fields: ["title", "trail", "prose", "code"],
    extractField: (section, field) => {
      switch (field) {
        case "trail":
          return section.trail.join(" ");
        case "prose":
          return withoutCode(section.body);
        case "code":
          return codeOf(section.body);
        default:
          return section[field as "id" | "title"];
      }
    },
    tokenize: terms,
    processTerm: (term) => term,
  });
  const sections = new Map<string, Section>();
  const files = new Map<string, { version: string; sections: Section[] }>();
  let refreshing: Promise<void> | undefined;

  const forget = (file: string): void => {
    for (const section of files.get(file)?.sections ?? []) {
      index.discard(section.id);
      sections.delete(section.id);
    }
    files.delete(file);
  };

  const refresh = async (): Promise<void> => {
    const present = await markdownFiles(root);
    for (const file of files.keys()) if (!present.has(file)) forget(file);
    for (const [file, version] of present) {
      if (files.get(file)?.version === version) continue;
      // A file may vanish between the listing and the reading: it is gone at the next question.
      const text = await readFile(join(root, file), "utf8").catch(() => "");
      forget(file);
      const found = splitSections(file, text);
      files.set(file, { version, sections: found });
      index.addAll(found);
      for (const section of found) sections.set(section.id, section);
    }
  };

  const find = (wanted: readonly string[], options: SearchOptions = {}): SearchResult[] =>
    // The terms are cut to their stems already; cutting twice would change some.
    index.search(wanted.join(" "), { tokenize: (text) => text.split(" "), ...options });

  return async (question, limit = 5) => {
    refreshing ??= refresh().finally(() => (refreshing = undefined));
    await refreshing;

    const asked = [...new Set(terms(question))].slice(0, MAX_QUESTION_TERMS);
    if (asked.length === 0) return [];
    const weights = new Map(
      asked.map((term) => {
        const count = find([term]).length;
        const rarity = Math.log(1 + sections.size / Math.max(1, count));
        return [term, { known: count > 0, weight: count > 0 ? rarity : rarity * UNKNOWN_WORTH }];
      }),
    );
    const total = [...weights.values()].reduce((sum, { weight }) => sum + weight, 0);
    const added = new Set(asked.flatMap(synonyms).filter((term) => !weights.has(term)));

    return find([...asked, ...added], {
      boost: { title: 4, trail: 1, prose: 1, code: 0.3 },
      boostTerm: (term) => (added.has(term) ? 0.3 : 1),
      boostDocument: (id) => {
        const section = sections.get(String(id))!;
        return authority(section) * (isAbout(section, weights) ? 3 : 1);
      },
      prefix: (term) => term.length >= 4 && !added.has(term),
      // A word that the documentation has is not a misspelling of another one.
      fuzzy: (term) => {
        if (added.has(term) || weights.get(term)?.known === true || term.length < 5) return false;
        return term.length < 8 ? 1 : 2;
      },
    })
      .map(({ id, queryTerms }) => {
        const found = new Set(queryTerms);
        const alike = new Set(queryTerms.flatMap(synonyms));
        let covered = 0;
        for (const [term, { weight }] of weights)
          covered += weight * (found.has(term) ? 1 : alike.has(term) ? SYNONYM_WORTH : 0);
        return { section: sections.get(String(id))!, coverage: covered / total };
      })
      .filter(({ coverage }) => coverage >= MIN_COVERAGE)
      .slice(0, limit);
  };
}

/** Whether the whole question is a section's title. */
function isAbout({ title }: Section, asked: ReadonlyMap<string, unknown>): boolean {
  const words = terms(title);
  return words.length === asked.size && words.every((word) => asked.has(word));
}

/** A guide answers a user's question better than a note for contributors, and a page's beginning better than a detail. */
function authority({ file, trail }: Section): number {
  const beginning = trail.length === 0 ? 1.5 : 1;
  if (file.startsWith("docs/guide/")) return 1.4 * beginning;
  if (file.startsWith("docs/decisions/") || file === "docs/README.md") return 0.6;
  if (file.startsWith("docs/") || file === "README.md") return 1.1 * beginning;
  if (file === "AGENTS.md" || file === "CONTRIBUTING.md") return 0.6;
  return 0.9;
}

const CODE_BLOCK = /^ {0,3}(`{3,}|~{3,})[^\n]*\n([\s\S]*?)^ {0,3}\1[ \t]*$/gm;
const withoutCode = (body: string): string => body.replace(CODE_BLOCK, "");
const codeOf = (body: string): string =>
  [...body.matchAll(CODE_BLOCK)].map((match) => match[2]).join("\n");

/** The documentation's files, each with what tells a changed one: its time and size. */
async function markdownFiles(root: string): Promise<Map<string, string>> {
  const names = ["README.md", "CONTRIBUTING.md", "AGENTS.md"];
  for (const folder of ["packages", "apps"]) {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries)
      if (entry.isDirectory()) names.push(`${folder}/${entry.name}/README.md`);
  }
  const docs = await readdir(join(root, "docs"), { recursive: true }).catch(() => []);
  for (const name of docs)
    if (name.endsWith(".md")) names.push(`docs/${name.replaceAll("\\", "/")}`);

  const files = new Map<string, string>();
  for (const name of names.slice(0, MAX_FILES)) {
    const info = await stat(join(root, name)).catch(() => undefined);
    if (info?.isFile() && info.size <= MAX_FILE_BYTES)
      files.set(name, `${info.mtimeMs} ${info.size}`);
  }
  return files;
}
