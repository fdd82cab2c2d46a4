import { describe, expect, test } from "vitest";
import { InvocationEvents, InvocationResponse, OTHER_ITEM_TYPES } from "../src/index.js";
import { refusalOf } from "./support/refusal.js";

const message = {
  type: "message",
  id: "m1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "hi" }],
};
const good = [
  message,
  { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "no" }] },
  { ...message, status: null, content: [{ type: "output_text", text: "", annotations: null }] },
  { ...message, content: [{ type: "output_text", text: "", annotations: [{ type: "any" }] }] },
  { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
  { type: "function_call_output", call_id: "c", output: "o" },
  { type: "function_call_output", call_id: "c", output: [{ type: "input_text", text: "o" }] },
  { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
  ...OTHER_ITEM_TYPES.map((type) => ({ type })),
];
const bad: [unknown, string][] = [
  [{ type: "nope" }, "type"],
  [{ type: "acme:thing" }, "type"],
  [{}, "type"],
  [{ ...message, role: "user" }, "role"],
  [{ ...message, content: "hi" }, "content"],
  [{ ...message, content: [{ type: "input_text", text: "hi" }] }, "content[0].type"],
  [{ ...message, content: [{ type: "output_text" }] }, "content[0].text"],
  [{ ...message, status: 5 }, "status"],
  [{ type: "function_call", name: "f", arguments: "{}" }, "call_id"],
  [{ type: "function_call", call_id: "c", name: "f", arguments: {} }, "arguments"],
  [{ type: "function_call_output", call_id: "c", output: {} }, "output"],
  [{ type: "reasoning" }, "summary"],
];

describe("what an invoke function gives", () => {
  test("B5 is taken as it is, other keys too", () => {
    const given = { output: [message], custom_outputs: { a: 1 }, usage: null };
    expect(InvocationResponse.parse(given)).toEqual(given);
    expect(InvocationResponse.parse({ output: [] })).toEqual({ output: [] });
  });

  test.each(good)("$type may be in it", (item) => {
    expect(InvocationResponse.parse({ output: [item] })).toEqual({ output: [item] });
  });

  test.each([null, undefined, 5, true, "hi", [], {}, { output: null }, { output: "hi" }])(
    "B28 %o is refused",
    (given) => {
      expect(InvocationResponse.safeParse(given).success).toBe(false);
    },
  );

  test.each(bad)("B29 an item %o is refused, naming its %s", (item, param) => {
    expect(refusalOf(InvocationResponse, { output: [message, item] })?.param).toBe(
      `output[1].${param}`,
    );
  });
});

describe("what a stream function gives", () => {
  test("B37 B38 five types are checked and no other", () => {
    expect(Object.keys(InvocationEvents).toSorted()).toEqual([
      "error",
      "response.completed",
      "response.output_item.done",
      "response.output_text.annotation.added",
      "response.output_text.delta",
    ]);
  });

  test.each([
    ["response.output_item.done", { item: message }],
    ["response.output_text.delta", { item_id: "m1", delta: "" }],
    ["response.output_text.annotation.added", { item_id: "m1", annotation: { type: "any" } }],
    ["error", { message: "boom" }],
    ["response.completed", { response: { output: [] } }],
  ])("%s passes, unknown fields too", (type, fields) => {
    const event = { type, ...fields, extra: 1 };
    expect(InvocationEvents[type]!.parse(event)).toEqual(event);
  });

  test.each([
    ["response.output_item.done", {}, "item"],
    ["response.output_item.done", { item: { type: "nope" } }, "item.type"],
    ["response.output_text.delta", { delta: "hi" }, "item_id"],
    ["response.output_text.delta", { item_id: "m1", delta: 5 }, "delta"],
    ["response.output_text.annotation.added", { item_id: "m1", annotation: {} }, "annotation.type"],
    ["response.output_text.annotation.added", { annotation: { type: "any" } }, "item_id"],
    ["error", {}, "message"],
    ["response.completed", {}, "response"],
    ["response.completed", { response: [] }, "response"],
  ])("B37 %s with %o is refused, naming its %s", (type, fields, param) => {
    expect(refusalOf(InvocationEvents[type]!, { type, ...fields })?.param).toBe(param);
  });

  test.each(bad)("B37 a done item %o is refused, naming its %s", (item, param) => {
    const schema = InvocationEvents["response.output_item.done"]!;
    expect(refusalOf(schema, { type: "response.output_item.done", item })?.param).toBe(
      `item.${param}`,
    );
  });
});
