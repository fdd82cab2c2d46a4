import { expect, test } from "vitest";
import { composeAnswer } from "../compose-answer.js";
import type { Hit } from "../search.js";

const hit = (id: string, title: string, body: string, coverage = 1, trail: string[] = []): Hit => ({
  section: { id, file: id.split("#")[0]!, title, trail, body },
  coverage,
});
const filler = Array.from({ length: 12 }, (_, n) => `Paragraph ${n} ${"padding ".repeat(25)}`);

test("a short section is quoted whole, with where it is from", () => {
  const text = composeAnswer("pears", [
    hit("a.md#b", "B", "Pears are green.\n\nSo are limes."),
  ]).join("");
  expect(text).toBe("From [B](a.md#b):\n\nPears are green.\n\nSo are limes.\n\n");
});

test("of a long section come the beginning, what was asked and its code", () => {
  const body = [
    ...filler.slice(0, 6),
    "Pears are picked like this:",
    "```ts\n// pick\n\nconst pear = 1;\n```",
    ...filler.slice(6),
  ].join("\n\n");
  const text = composeAnswer("pears", [hit("a.md#b", "B", body)]).join("");
  expect(text).toContain("Paragraph 0");
  expect(text).toContain("Pears are picked");
  expect(text).toContain("// pick\n\nconst pear = 1;\n```");
  expect(text).not.toContain("Paragraph 3");
  expect(text.length).toBeLessThan(2_000);
});

test("of a long table come the rows that were asked for", () => {
  const rows = Array.from({ length: 20 }, (_, n) => `| thing${n} | ${n} |`);
  const body = ["| name | value |", "|---|---|", ...rows, "| pears | 99 |"].join("\n");
  const text = composeAnswer("pears", [hit("a.md#b", "B", body)]).join("");
  expect(text).toContain("| name | value |\n|---|---|\n| pears | 99 |");
  expect(text).not.toContain("thing3");
});

test("others are named once each, and only those that fit nearly as well", () => {
  const text = composeAnswer("pears", [
    hit("a.md#b", "B", "Pears."),
    hit("b.md#c", "C", "x", 0.9, ["Page"]),
    hit("c.md#c", "C", "x", 0.9),
    hit("d.md#d", "D", "x", 0.4),
  ]).join("");
  expect(text).toContain("See also:\n- [Page: C](b.md#c)\n");
  expect(text).not.toContain("c.md#c");
  expect(text).not.toContain("d.md#d");
});

test("says so when it is not sure", () => {
  expect(composeAnswer("pears", [hit("a.md#b", "B", "Pears.", 0.45)])[0]).toMatch(/^I am not sure/);
});
