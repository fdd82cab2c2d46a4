import { describe, expect, test } from "vitest";
import { InputItem, isOtherItemType, OTHER_ITEM_TYPES } from "../src/index.js";
import { refusalOf } from "./support/refusal.js";

const call = { type: "function_call", call_id: "call_1", name: "search", arguments: "{}" };
const result = { type: "function_call_output", call_id: "call_1", output: "found" };
const reasoning = { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] };

describe("a message", () => {
  test("may leave its type out, or send null (EasyInputMessage)", () => {
    const message = { type: "message", role: "user", content: "hi" };
    expect(InputItem.parse({ role: "user", content: "hi" })).toEqual(message);
    expect(InputItem.parse({ type: null, role: "user", content: "hi" })).toEqual(message);
    expect(InputItem.parse(message)).toEqual(message);
  });

  test.each(["user", "assistant", "system", "developer"])("may be a %s's", (role) => {
    expect(InputItem.parse({ role, content: "hi" })).toMatchObject({ role });
  });

  test("B13 of any other role is refused, naming the field and the roles there are", () => {
    expect(refusalOf(InputItem, { role: "tool", content: "x" })).toEqual({
      param: "role",
      message: expect.stringMatching(/^role: .*"user".*"assistant".*"system".*"developer"/),
    });
  });

  test.each([
    { type: "input_text", text: "hi" },
    { type: "input_image", image_url: "https://example.com/a.png", detail: "auto" },
    { type: "input_image", file_id: "file_1", image_url: null },
    { type: "input_file", file_data: "data:text/plain;base64,aGk=", filename: "a.txt" },
    { type: "input_audio", input_audio: { data: "", format: "wav" } },
    { type: "input_video", video_url: "https://example.com/a.mp4" },
    { type: "output_text", text: "hi", annotations: [], logprobs: [] },
    { type: "output_text", text: "hi", annotations: null, logprobs: null },
    { type: "refusal", refusal: "no" },
  ])("may hold $type", (part) => {
    expect(InputItem.parse({ role: "user", content: [part] })).toMatchObject({ content: [part] });
  });

  test.each([
    ["B14 a part of an unknown type", [{ type: "nope" }], "content[0].type", /input_text/],
    ["a part without its text", [{ type: "input_text" }], "content[0].text", /expected string/],
    ["the second part", [{ type: "refusal", refusal: "no" }, 5], "content[1]", /expected object/],
    ["content of a number", 5, "content", /expected string.* or .*expected array/],
    ["no content", undefined, "content", /received undefined/],
  ])("with %s is refused", (_, content, param, text) => {
    expect(refusalOf(InputItem, { role: "user", content })).toEqual({
      param,
      message: expect.stringMatching(text),
    });
  });
});

describe("the items of a tool's use", () => {
  test.each([
    ["a call", call],
    ["B15 a result", result],
    ["a result of parts", { ...result, output: [{ type: "input_text", text: "found" }] }],
    ["reasoning", reasoning],
    ["reasoning without a summary's text", { ...reasoning, summary: [] }],
    ["encrypted reasoning", { ...reasoning, encrypted_content: "abc", content: null }],
    ["a reference", { type: "item_reference", id: "msg_1" }],
  ])("%s comes through as it is", (_, item) => {
    expect(InputItem.parse(item)).toEqual(item);
  });

  test.each([call, result, reasoning, { role: "user", content: "hi" }])(
    "a null id and status are as good as none",
    (item) => {
      expect(InputItem.parse({ ...item, id: null, status: null })).toMatchObject({ id: null });
      expect(InputItem.parse({ ...item, id: "i", status: "completed" })).toMatchObject({ id: "i" });
      expect(refusalOf(InputItem, { ...item, status: "nope" })?.param).toBe("status");
      expect(refusalOf(InputItem, { ...item, id: 5 })?.param).toBe("id");
    },
  );

  test.each([
    [{ ...call, call_id: "" }, "call_id"],
    [{ ...call, arguments: {} }, "arguments"],
    [{ ...result, output: [{ type: "nope" }] }, "output[0].type"],
    [{ ...reasoning, summary: [{ type: "nope" }] }, "summary[0].type"],
    [{ type: "item_reference" }, "id"],
    [{ type: "item_reference", id: "" }, "id"],
  ])("%o is refused, naming %s", (item, param) => {
    expect(refusalOf(InputItem, item)).toMatchObject({ param });
  });

  test("a lone id is a reference; an id beside a role is a message's", () => {
    expect(InputItem.parse({ id: "msg_1" })).toEqual({ type: "item_reference", id: "msg_1" });
    expect(InputItem.parse({ id: "msg_1", role: "user", content: "hi" })).toMatchObject({
      type: "message",
    });
    expect(refusalOf(InputItem, {})?.param).toBe("role");
  });
});

describe("items of other types", () => {
  test.each(OTHER_ITEM_TYPES)("%s passes to the agent untouched", (type) => {
    const item = { type, id: null, anything: { deep: [1] } };
    expect(InputItem.parse(item)).toEqual(item);
    expect(isOtherItemType(type)).toBe(true);
  });

  test.each(["acme:thing", "acme-2:a:b", "a_b:c"])("so does the provider's own %s", (type) => {
    expect(InputItem.parse({ type, x: 1 })).toEqual({ type, x: 1 });
  });

  test.each([
    "nope",
    "",
    ":",
    ":x",
    "acme:",
    "a b:c",
    "Message",
    "toString",
    "constructor",
    "__proto__",
  ])("B16 %o is refused, naming the types there are", (type) => {
    expect(isOtherItemType(type)).toBe(false);
    expect(refusalOf(InputItem, { type })).toEqual({
      param: "type",
      message: expect.stringMatching(/^type: .*"message".*"function_call_output".*"mcp_call"/),
    });
  });

  test.each([5, {}, [], true])("a type of %o is refused", (type) => {
    expect(refusalOf(InputItem, { type })).toMatchObject({
      param: "type",
      message: expect.stringContaining("expected string"),
    });
  });

  test.each([null, 5, "hi", [], true, undefined])("an item of %o is refused", (item) => {
    expect(refusalOf(InputItem, item)).toMatchObject({
      param: null,
      message: expect.stringContaining("expected object"),
    });
  });
});

test("unknown fields of an item are kept", () => {
  for (const item of [call, result, reasoning, { type: "message", role: "user", content: "hi" }]) {
    expect(InputItem.parse({ ...item, cache_control: { type: "x" } })).toEqual({
      ...item,
      cache_control: { type: "x" },
    });
  }
});
