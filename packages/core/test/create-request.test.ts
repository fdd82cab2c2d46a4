import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CreateResponseRequest, Metadata } from "../src/index.js";
import { refusalOf } from "./support/refusal.js";

const pairs = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, "value"]));

describe("a body of POST /responses", () => {
  test("B21 its input may be text or a list", () => {
    expect(CreateResponseRequest.parse({ input: "hello" })).toEqual({ input: "hello" });
    expect(CreateResponseRequest.parse({ input: [{ role: "user", content: "hi" }] })).toEqual({
      input: [{ type: "message", role: "user", content: "hi" }],
    });
    expect(CreateResponseRequest.parse({ input: [] })).toEqual({ input: [] });
  });

  test("B17 unknown fields are kept", () => {
    const body = { input: "hi", foo: { bar: [1, null] }, prompt_cache_retention: "24h" };
    expect(CreateResponseRequest.parse(body)).toEqual(body);
  });

  test("B19 custom inputs and context come through unchanged", () => {
    const body = {
      input: "hi",
      custom_inputs: { a: { b: [1, "x", null] } },
      context: { conversation_id: "c", user_id: "u", more: 1 },
    };
    expect(CreateResponseRequest.parse(body)).toEqual(body);
  });

  test("every documented field may be null or absent", () => {
    const fields = Object.keys(CreateResponseRequest.shape);
    const body = Object.fromEntries(fields.map((name) => [name, null]));
    expect(fields.length).toBeGreaterThan(25);
    expect(CreateResponseRequest.parse(body)).toEqual(body);
    expect(CreateResponseRequest.parse({})).toEqual({});
  });

  test("takes what OpenAI's clients send", () => {
    const body = {
      model: "agent",
      input: "hi",
      stream: true,
      store: false,
      include: ["reasoning.encrypted_content"],
      tools: [
        { type: "function", name: "f", parameters: {}, strict: true },
        { type: "web_search" },
      ],
      tool_choice: { type: "function", name: "f" },
      conversation: { id: "conv_1" },
      text: { format: { type: "json_schema", name: "x", schema: {} }, verbosity: "low" },
      reasoning: { effort: "high", summary: "auto" },
      max_output_tokens: 1,
      top_logprobs: 20,
      metadata: { a: "b" },
    };
    expect(CreateResponseRequest.parse(body)).toEqual(body);
  });

  test.each([
    [null, null, "expected object, received null"],
    [[1, 2], null, "expected object, received array"],
    ["x", null, "expected object, received string"],
    [{ input: 5 }, "input", "expected string, received number"],
    [{ input: [{ role: "tool", content: "x" }] }, "input[0].role", '"developer"'],
    [{ input: ["hi"] }, "input[0]", "expected object, received string"],
    [{ input: [{ role: "user", content: "a" }, { type: "nope" }] }, "input[1].type", '"message"'],
    [
      { input: [{ role: "user", content: [{ type: "input_text" }] }] },
      "input[0].content[0].text",
      "expected string, received undefined",
    ],
    [{ stream: "false" }, "stream", "expected boolean, received string"],
    [{ tools: [{ type: "function" }, {}] }, "tools[1].type", "expected string"],
    [{ tool_choice: 5 }, "tool_choice", "expected string, received number"],
    [{ include: ["a", 5] }, "include[1]", "expected string"],
    [{ conversation: {} }, "conversation.id", "expected string"],
    [{ max_output_tokens: 0 }, "max_output_tokens", ">=1"],
    [{ max_output_tokens: 1.5 }, "max_output_tokens", "expected int"],
    [{ top_logprobs: 21 }, "top_logprobs", "<=20"],
    [{ custom_inputs: [] }, "custom_inputs", "expected record"],
    [{ context: { conversation_id: 5 } }, "context.conversation_id", "expected string"],
  ])("%o is refused at %s, saying %s", (body, param, text) => {
    const refusal = refusalOf(CreateResponseRequest, body);
    expect(refusal?.param).toBe(param);
    expect(refusal?.message).toContain(text);
    expect(refusal?.message.startsWith(param === null ? "Invalid" : `${param}: `)).toBe(true);
  });
});

describe("metadata", () => {
  test("takes 16 pairs of 64 and 512 characters", () => {
    const full = { ...pairs(15), ["k".repeat(64)]: "v".repeat(512) };
    expect(Metadata.parse(full)).toEqual(full);
    expect(Metadata.parse({})).toEqual({});
  });

  test.each([
    ["a 17th pair", pairs(17), "metadata", /at most 16 pairs/],
    ["a value of 513 characters", { a: "v".repeat(513) }, "metadata.a", /<=512 characters/],
    [
      "a key of 65 characters",
      { ["k".repeat(65)]: "v" },
      `metadata.${"k".repeat(65)}`,
      /<=64 char/,
    ],
    ["B18 a value that is not text", { a: 1 }, "metadata.a", /expected string, received number/],
    ["a list", [], "metadata", /expected record/],
  ])("refuses %s", (_, metadata, param, text) => {
    expect(refusalOf(CreateResponseRequest, { metadata })).toEqual({
      param,
      message: expect.stringMatching(text),
    });
  });

  test("its limits hold for any pairs", () => {
    const text = (longest: number): fc.Arbitrary<string> => fc.string({ maxLength: longest + 5 });
    fc.assert(
      fc.property(fc.dictionary(text(64), text(512), { maxKeys: 20 }), (metadata) => {
        const fits =
          Object.keys(metadata).length <= 16 &&
          Object.entries(metadata).every(([key, value]) => key.length <= 64 && value.length <= 512);
        expect(Metadata.safeParse(metadata).success).toBe(fits);
      }),
    );
  });
});
