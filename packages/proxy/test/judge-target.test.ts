import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeTarget } from "../src/path/judge-target.js";

/** Pieces of which hostile paths are made. */
const PIECES = [
  "a",
  ".",
  "..",
  "/",
  "%",
  "2e",
  "2f",
  "25",
  "5c",
  "00",
  "%2e",
  "%2F",
  "%25",
  ";",
  "@",
  "c0",
  "ae",
];

const decoded = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );

test("a clean path has no way out, however often it is decoded", () => {
  const path = fc
    .array(fc.constantFrom(...PIECES), { maxLength: 14 })
    .map((all) => `/${all.join("")}`);
  fc.assert(
    fc.property(path, (target) => {
      if (judgeTarget(target).kind !== "clean") return;
      for (let text = target, last = ""; text !== last; last = text, text = decoded(text)) {
        expect(new URL(text, "http://x").pathname.split("/").length).toBe(target.split("/").length);
        expect(text.split("/")).not.toContain("..");
        expect(text).not.toMatch(/\\|\0|\/\//);
      }
    }),
    { numRuns: 5_000 },
  );
});

test("what is forwarded is what was judged", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      const verdict = judgeTarget(`/api/${text}`);
      const judged = verdict.kind === "clean" ? verdict.target : `/api/${text}`;
      expect(judged).toBe(`/api/${text}`);
    }),
  );
});

test("a long path is judged in time that grows with its length", () => {
  const began = performance.now();
  judgeTarget(`/${"a".repeat(50_000)}!`);
  judgeTarget(`/${"%25".repeat(20_000)}2e`);
  judgeTarget(`/${"a/".repeat(30_000)}%`);
  expect(performance.now() - began).toBeLessThan(500);
});
