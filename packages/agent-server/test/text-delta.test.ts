import fc from "fast-check";
import { expect, test } from "vitest";
import { plainTextDelta, textDelta } from "../src/wire/mlflow/text-delta.js";

const type = "response.output_text.delta";

test("a text delta is written as JSON.stringify writes it, whatever is in it", () => {
  const words = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("", "\ud800", "\u2028", '"\\'),
  );
  fc.assert(
    fc.property(words, words, (item_id, delta) => {
      const json = JSON.stringify({ type, item_id, delta });
      expect(textDelta(item_id, delta)).toBe(json);
      expect(plainTextDelta(Object.assign({ type }, { item_id, delta }))).toBe(json);
    }),
  );
});

test("an id longer than those that are kept is written whole each time", () => {
  for (const id of ["a".repeat(300), "b", "a".repeat(300), "b"])
    expect(textDelta(id, "x")).toBe(JSON.stringify({ type, item_id: id, delta: "x" }));
});

test("an event with another field, order or JSON form of its own is left to JSON.stringify", () => {
  class Custom {
    type = type;
    item_id = "m";
    delta = "x";
    toJSON(): string {
      return "own";
    }
  }
  const others: { type: string }[] = [
    Object.assign({ type }, { delta: "x", item_id: "m" }),
    Object.assign({ type }, { item_id: "m", delta: "x", custom_outputs: {} }),
    Object.assign({ type }, { item_id: "m" }),
    Object.assign({ type }, { item_id: "m", delta: 1 }),
    { type: "response.refusal.delta" },
    new Custom(),
  ];
  for (const event of others) expect(plainTextDelta(event)).toBeUndefined();
});
