import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonObject } from "../src/wire/parse-json-object.js";

const parse = (text: string): unknown => parseJsonObject(Buffer.from(text));

test("a body that is nested too deep is refused before it is parsed", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ]) {
    const nested = (levels: number): string =>
      `{"z":${open!.repeat(levels)}0${close!.repeat(levels)},"pad":"${"x".repeat(5_000)}"}`;
    expect(() => parse(nested(5_000))).toThrow("nested deeper than 1000 levels");
    expect(() => parse(nested(900))).not.toThrow();
  }
});

test("a body of more values than anybody sends is refused before it is parsed", () => {
  expect(() => parse(`{"z":[${"[],".repeat(2_000_001)}0]}`)).toThrow("more than 2000000 values");
  expect(() => parse(`{"z":[${"0,".repeat(2_000_001)}0]}`)).toThrow("more than 2000000 values");
});

test("brackets and commas inside strings count for nothing", () => {
  const text = '[{,\\"'.repeat(700_000);
  expect(parse(JSON.stringify({ text }))).toEqual({ text });
});

test("a hundred thousand items and tools are a legal body", () => {
  const input = Array.from({ length: 100_000 }, () => ({ role: "user", content: "hi" }));
  expect(parse(JSON.stringify({ input, tools: input }))).toEqual({ input, tools: input });
});

test("what JSON makes of a value comes back, with and without a byte order mark", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value);
      expect(parse(text)).toEqual(JSON.parse(text));
      expect(parse(`\uFEFF${text}`)).toEqual(JSON.parse(text));
    }),
  );
});
