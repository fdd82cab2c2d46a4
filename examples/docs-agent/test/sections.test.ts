import { describe, expect, test } from "vitest";
import { splitSections } from "../sections.js";

describe("splitSections", () => {
  test("cuts at headings and keeps the trail to each", () => {
    const sections = splitSections(
      "docs/a.md",
      "before\n\n# Page\n\nintro\n\n## Part *one*\n\nfirst\n\n### Detail\n\ndeep\n\n## Part `two`\n\nsecond\n",
    );
    expect(sections.map(({ id, title, trail, body }) => [id, title, trail, body])).toEqual([
      ["docs/a.md", "a.md", [], "before"],
      ["docs/a.md#page", "Page", [], "intro"],
      ["docs/a.md#part-one", "Part one", ["Page"], "first"],
      ["docs/a.md#detail", "Detail", ["Page", "Part one"], "deep"],
      ["docs/a.md#part-two", "Part two", ["Page"], "second"],
    ]);
  });

  test("a # in a code block is code", () => {
    const markdown = "# A\n\n```sh\n# a comment\n~~~\n# another\n```\n\nafter\n\n## B\n\nb";
    const [a, b] = splitSections("a.md", markdown);
    expect(a?.body).toContain("# another");
    expect(a?.body).toContain("after");
    expect(b?.title).toBe("B");
  });

  test("a code block is closed by a fence of at least its own length", () => {
    const [only, ...rest] = splitSections(
      "a.md",
      "# A\n\n````md\n```\n# not a heading\n```\n````\n",
    );
    expect(rest).toEqual([]);
    expect(only?.body).toContain("# not a heading");
  });

  test("makes anchors as GitHub does, the second of a name with a number", () => {
    const ids = splitSections(
      "a.md",
      "# What's `ctx.signal`?\n\nx\n\n## Same\n\nx\n\n## Same\n\nx\n\n## POST /v1/responses\n\nx",
    ).map(({ id }) => id);
    expect(ids).toEqual([
      "a.md#whats-ctxsignal",
      "a.md#same",
      "a.md#same-1",
      "a.md#post-v1responses",
    ]);
  });

  test("makes links hold from the root, outside of code", () => {
    const [section] = splitSections(
      "docs/guide/a.md",
      "# A\n\n[b](b.md#x) [c](../c.md) [here](#a) [out](https://example.com)\n\n```md\n[b](b.md)\n```\n",
    );
    expect(section?.body).toBe(
      "[b](docs/guide/b.md#x) [c](docs/c.md) [here](docs/guide/a.md#a) [out](https://example.com)\n\n```md\n[b](b.md)\n```",
    );
  });

  test("a heading without text of its own lives on in the trail of those below it", () => {
    expect(splitSections("a.md", "# A\n\n## B\n\nb\n")).toEqual([
      { id: "a.md#b", file: "a.md", title: "B", trail: ["A"], body: "b" },
    ]);
  });

  test("an empty file has no sections", () => {
    expect(splitSections("a.md", "\r\n\r\n")).toEqual([]);
  });
});
