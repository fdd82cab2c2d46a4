import { isPart } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import { ev } from "../src/index.js";

describe("ev", () => {
  test.each<[string, unknown, unknown]>([
    ["text", ev.text("a"), { $part: "text", text: "a" }],
    ["text with an id", ev.text("a", "m1"), { $part: "text", text: "a", id: "m1" }],
    ["reasoning", ev.reasoning("why", "r"), { $part: "reasoning", text: "why", id: "r" }],
    ["refusal", ev.refusal("no"), { $part: "refusal", text: "no" }],
    [
      "call",
      ev.call("c1", "search", { q: "x" }),
      { $part: "call", callId: "c1", name: "search", arguments: '{"q":"x"}' },
    ],
    [
      "call with JSON text",
      ev.call("c1", "search", '{"q"'),
      { $part: "call", callId: "c1", name: "search", arguments: '{"q"' },
    ],
    [
      "call without arguments",
      ev.call("c1", "now"),
      { $part: "call", callId: "c1", name: "now", arguments: "{}" },
    ],
    [
      "callArgs",
      ev.callArgs("c1", '{"q', "search"),
      { $part: "callArgs", callId: "c1", delta: '{"q', name: "search" },
    ],
    ["callArgs later", ev.callArgs("c1", ""), { $part: "callArgs", callId: "c1", delta: "" }],
    ["result", ev.result("c1", [1, 2]), { $part: "result", callId: "c1", output: "[1,2]" }],
    [
      "result of nothing",
      ev.result("c1", undefined),
      { $part: "result", callId: "c1", output: "" },
    ],
    [
      "result that failed",
      ev.result("c1", "bad", { isError: true }),
      { $part: "result", callId: "c1", output: "bad", isError: true },
    ],
    [
      "cite",
      ev.cite("https://a.example", "A"),
      { $part: "cite", annotation: { type: "url_citation", url: "https://a.example", title: "A" } },
    ],
    [
      "cite with a range",
      ev.cite("https://a.example", "A", [0, 4]),
      {
        $part: "cite",
        annotation: {
          type: "url_citation",
          url: "https://a.example",
          title: "A",
          start_index: 0,
          end_index: 4,
        },
      },
    ],
    [
      "cite a file",
      ev.cite({ fileId: "f", filename: "a.pdf", index: 3 }),
      {
        $part: "cite",
        annotation: { type: "file_citation", file_id: "f", filename: "a.pdf", index: 3 },
      },
    ],
    ["item", ev.item({ type: "x:y", n: 1 }), { $part: "item", item: { type: "x:y", n: 1 } }],
    ["usage", ev.usage(1, 2), { $part: "usage", inputTokens: 1, outputTokens: 2 }],
    [
      "usage with details",
      ev.usage(5, 2, { cached: 4, reasoning: 1 }),
      { $part: "usage", inputTokens: 5, outputTokens: 2, cachedTokens: 4, reasoningTokens: 1 },
    ],
    [
      "incomplete",
      ev.incomplete("max_output_tokens"),
      { $part: "incomplete", reason: "max_output_tokens" },
    ],
    ["custom", ev.custom("step", { n: 1 }), { $part: "custom", name: "step", data: { n: 1 } }],
  ])("%s is a part of plain JSON", (_, part, expected) => {
    expect(part).toStrictEqual(expected);
    expect(isPart(part)).toBe(true);
    expect(JSON.parse(JSON.stringify(part))).toEqual(part);
  });

  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const wrong = ev as unknown as Record<keyof typeof ev, (...args: unknown[]) => unknown>;
  test.each<[string, () => unknown]>([
    ["text", () => wrong.text(5)],
    ["id", () => wrong.text("a", "")],
    ["text", () => wrong.reasoning(undefined)],
    ["id", () => wrong.refusal("a", 5)],
    ["callId", () => wrong.call("", "f")],
    ["name", () => wrong.call("c", undefined)],
    ["args", () => wrong.call("c", "f", circle)],
    ["args", () => wrong.call("c", "f", () => {})],
    ["delta", () => wrong.callArgs("c", {})],
    ["callId", () => wrong.result(undefined, "x")],
    ["output", () => wrong.result("c", 1n)],
    ["isError", () => wrong.result("c", "x", { isError: "yes" })],
    ["url", () => wrong.cite("", "A")],
    ["title", () => wrong.cite("https://a.example")],
    ["range", () => wrong.cite("https://a.example", "A", [1])],
    ["range[0]", () => wrong.cite("https://a.example", "A", [-1, 2])],
    ["range", () => wrong.cite("https://a.example", "A", [3, 2])],
    ["fileId", () => wrong.cite({})],
    ["index", () => wrong.cite({ fileId: "f", index: 0.5 })],
    ["item", () => wrong.item([])],
    ["item.type", () => wrong.item({})],
    ["input", () => wrong.usage(-1, 0)],
    ["output", () => wrong.usage(0, Number.NaN)],
    ["cached", () => wrong.usage(0, 0, { cached: 0.5 })],
    ["reasoning", () => wrong.usage(0, 0, { reasoning: "1" })],
    ["reason", () => wrong.incomplete("")],
    ["name", () => wrong.custom("", 1)],
    ["data", () => wrong.custom("a", () => {})],
  ])("names %s when it makes no sense", (argument, make) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(new RegExp(`^ev: ${argument.replace(/[[\].]/g, String.raw`\$&`)} must`));
  });
});
