import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const TESTS = import.meta.dirname;
const FOLDER = join(TESTS, "..");

/** The last behaviour of section A that is due before those of the proxy. */
const LAST_DUE = 85;

/** The first text of a call, where it begins with ids: `test("B49 B50 ...`. */
const CITATION = /\(\s*["'`]((?:[BR]\d+a?\s)+)/g;

const files = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => ({ file, source: readFileSync(join(TESTS, file), "utf8") }));

const cited = new Map<string, string>();
for (const { file, source } of files)
  for (const [, ids] of source.matchAll(CITATION))
    for (const id of ids!.trim().split(/\s+/)) cited.set(id, file);

const idsIn = (name: string, line: RegExp): string[] =>
  [...readFileSync(join(FOLDER, name), "utf8").matchAll(line)].map(([, id]) => id!);

const behaviours = idsIn("behaviours.md", /^(B\d+a?) `/gm);
const rules = idsIn("rules.md", /^\| (R\d+) +\|/gm);

/** Section A's chat proxy, and what section D asks of it. */
const CHAT_PROXY = { first: 86, last: 123, others: ["B224", "B225"] };

const isDue = (id: string): boolean => {
  const number = Number.parseInt(id.slice(1), 10);
  const { first, last, others } = CHAT_PROXY;
  return number <= LAST_DUE || (number >= first && number <= last) || others.includes(id);
};

describe("coverage", () => {
  test("the lists are whole, and no id is there twice", () => {
    const numbers = behaviours.filter((id) => !id.endsWith("a"));
    expect(numbers).toEqual(Array.from({ length: 228 }, (_, at) => `B${at + 1}`));
    expect(behaviours).toContain("B24a");
    expect(rules).toEqual(Array.from({ length: rules.length }, (_, at) => `R${at + 1}`));
    expect(rules.length).toBeGreaterThan(0);
  });

  test.each([...behaviours.filter(isDue), ...rules])("%s has a test", (id) => {
    expect(cited.has(id)).toBe(true);
  });

  test("every id that a test cites exists", () => {
    const known = new Set([...behaviours, ...rules]);
    expect([...cited].filter(([id]) => !known.has(id))).toEqual([]);
  });

  test("no test is left out of the run", () => {
    const left = files.filter(({ source }) =>
      /\b(?:test|describe)\.(?:skip|todo|only|fails)\b(?!If)/.test(source),
    );
    expect(left.map(({ file }) => file)).toEqual([]);
  });
});
