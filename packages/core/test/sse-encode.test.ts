import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeSse, encodeSseComment, encodeSseData, SSE_DONE } from "../src/index.js";

/** Text full of what a stream gives a meaning to. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom("\r", "\n", "\r\n", "\0", "\uFEFF", " ", ":", "data: x", "id: 1", "[DONE]"),
      fc.string({ unit: "binary" }),
    ),
  )
  .map((pieces) => pieces.join(""));

/** The lines of a frame, as any client cuts it: WHATWG HTML section 9.2.6. */
const linesOf = (text: string): string[] => text.split(/\r\n|\r|\n/);

describe("encodeSse", () => {
  test("writes the fields in order and ends the frame with a blank line", () => {
    expect(encodeSse({ event: "done", id: "7", retry: 1500, data: '{"a":1}' })).toBe(
      'event: done\nid: 7\nretry: 1500\ndata: {"a":1}\n\n',
    );
  });

  test("B31 a frame with data alone is unnamed", () => {
    expect(encodeSse({ data: "hi" })).toBe("data: hi\n\n");
    expect(encodeSse({ data: "" })).toBe("data: \n\n");
    expect(encodeSse({ event: undefined, id: undefined, retry: undefined, data: "hi" })).toBe(
      "data: hi\n\n",
    );
    expect(encodeSse({ data: "[DONE]" })).toBe(SSE_DONE);
  });

  test("gives every line of the data a field of its own", () => {
    expect(encodeSse({ data: "a\nb\r\nc\rd\n" })).toBe(
      "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n",
    );
    expect(encodeSseData("a\nb")).toBe("data: a\ndata: b\n");
  });

  test("retry is whole milliseconds, never negative", () => {
    expect(encodeSse({ retry: 1.9, data: "" })).toContain("retry: 1\n");
    expect(encodeSse({ retry: -5, data: "" })).toContain("retry: 0\n");
  });

  test("no text in a name, id or data forges a field, ends the frame or begins another", () => {
    fc.assert(
      fc.property(hostileText, hostileText, hostileText, (event, id, data) => {
        const text = encodeSse({ event, id, data });
        const lines = linesOf(text);
        expect(lines.slice(-2)).toEqual(["", ""]);
        const [first, second, ...rest] = lines.slice(0, -2);
        expect(first).toMatch(/^event: /);
        expect(second).toMatch(/^id: [^\0]*$/);
        expect(rest.length).toBe(linesOf(data).length);
        for (const line of rest) expect(line).toMatch(/^data: /);
      }),
    );
  });
});

describe("encodeSseComment", () => {
  test("B185 is one line that every client ignores", () => {
    expect(encodeSseComment("ping")).toBe(": ping\n\n");
    fc.assert(
      fc.property(hostileText, (text) => {
        const [first, ...rest] = linesOf(encodeSseComment(text));
        expect(first).toMatch(/^: /);
        expect(rest).toEqual(["", ""]);
      }),
    );
  });
});
