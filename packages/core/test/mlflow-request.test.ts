import { describe, expect, test } from "vitest";
import { InvocationRequest, OTHER_ITEM_TYPES } from "../src/index.js";
import { refusalOf } from "./support/refusal.js";

const IN = { input: [{ role: "user", content: "hi" }] };

describe("a body of POST /invocations", () => {
  test.each([
    ["B12 no input", {}, "input"],
    ["B21 input that is text", { input: "hello" }, "input"],
    ["an input of null", { input: null }, "input"],
    ["B11 a list for a body", [1, 2], null],
    ["B11 null for a body", null, null],
    ["B13 the role tool", { input: [{ role: "tool", content: "x" }] }, "input[0].role"],
    ["no role", { input: [{ content: "x" }] }, "input[0].role"],
    ["no content", { input: [{ role: "user" }] }, "input[0].content"],
    [
      "B14 a part of an unknown type",
      { input: [{ role: "user", content: [{ type: "input_audio" }] }] },
      "input[0].content[0].type",
    ],
    [
      "a part without its text",
      { input: [{ role: "user", content: [{ type: "input_text" }] }] },
      "input[0].content[0].text",
    ],
    ["B16 an unknown item type", { input: [...IN.input, { type: "nope" }] }, "input[1].type"],
    ["a provider's item type", { input: [{ type: "acme:thing" }] }, "input[0].type"],
    ["a type every object has", { input: [{ type: "constructor" }] }, "input[0].type"],
    ["a type that is no text", { input: [{ type: 5 }] }, "input[0].type"],
    ["an item of null", { input: [null] }, "input[0]"],
    ["a bad status", { input: [{ ...IN.input[0], status: "nope" }] }, "input[0].status"],
    [
      "a call without its call_id",
      { input: [{ type: "function_call", name: "f", arguments: "{}" }] },
      "input[0].call_id",
    ],
    [
      "a result without its output",
      { input: [{ type: "function_call_output", call_id: "c" }] },
      "input[0].output",
    ],
    ["B18 metadata that is not text", { ...IN, metadata: { a: "b", c: 1 } }, "metadata.c"],
    ["B18 metadata of null", { ...IN, metadata: { a: null } }, "metadata.a"],
    [
      "B20 a conversation id of a number",
      { ...IN, context: { conversation_id: 5 } },
      "context.conversation_id",
    ],
    ["B20 a user id of a number", { ...IN, context: { user_id: 5 } }, "context.user_id"],
    ["custom inputs of a list", { ...IN, custom_inputs: [] }, "custom_inputs"],
    ["tools without a type", { ...IN, tools: [{}] }, "tools[0].type"],
    ["a temperature of text", { ...IN, temperature: "hot" }, "temperature"],
  ])("with %s is refused", (_, body, param) => {
    expect(refusalOf(InvocationRequest, body)).toEqual({
      param,
      message: expect.stringMatching(/Invalid/),
    });
  });

  test.each<[string, object]>([
    ["a message without a type", { role: "user", content: "hi" }],
    ["a message with a null type", { type: null, role: "user", content: "hi" }],
    ["a message with its type", { type: "message", role: "developer", content: "hi" }],
    ["a message of parts", { role: "user", content: [{ type: "input_text", text: "hi" }] }],
    ["an image", { role: "user", content: [{ type: "input_image", image_url: "data:" }] }],
    ["a file", { role: "user", content: [{ type: "input_file", file_id: "f" }] }],
    ["an answer of before", { role: "assistant", content: [{ type: "output_text", text: "hi" }] }],
    ["a refusal of before", { role: "assistant", content: [{ type: "refusal", refusal: "no" }] }],
    ["a null status", { role: "user", content: "hi", status: null, id: null }],
    ["B15 a tool's result", { type: "function_call_output", call_id: "c", output: "o" }],
    ["a tool's call", { type: "function_call", call_id: "c", name: "f", arguments: "{}" }],
    ["reasoning", { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] }],
    ...OTHER_ITEM_TYPES.map((type) => [type, { type, x: 1 }] satisfies [string, object]),
  ])("takes %s and gives it back as it was", (_, item) => {
    expect(InvocationRequest.parse({ input: [item] })).toEqual({ input: [item] });
  });

  test("B17 model, store and unknown keys are taken", () => {
    const body = { ...IN, model: 5, store: true, nope: [1], instructions: {} };
    expect(InvocationRequest.parse(body)).toEqual(body);
  });

  test("B19 custom inputs and context come through unchanged", () => {
    const body = {
      ...IN,
      custom_inputs: { a: { b: [1, null] } },
      context: { conversation_id: "c", user_id: "u" },
    };
    expect(InvocationRequest.parse(body)).toEqual(body);
  });

  test("metadata has no limit here, as in MLflow", () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`${at}`, "v".repeat(600)]),
    );
    expect(refusalOf(InvocationRequest, { ...IN, metadata })).toBeUndefined();
  });

  test("optional fields may be null", () => {
    const names = Object.keys(InvocationRequest.shape).filter((name) => name !== "input");
    const body = { ...IN, ...Object.fromEntries(names.map((name) => [name, null])) };
    expect(InvocationRequest.parse(body)).toEqual(body);
  });
});
