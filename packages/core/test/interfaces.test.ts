import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPart, type Logger, type Part, silentLogger } from "../src/index.js";

describe("isPart", () => {
  const parts: Part[] = [
    { $part: "text", text: "hi" },
    { $part: "call", callId: "c", name: "f", arguments: "{}" },
    { $part: "usage", inputTokens: 1, outputTokens: 2 },
    { $part: "custom", name: "x", data: null },
  ];

  test.each(parts)("knows %o, sent through JSON or to a worker too", (part) => {
    expect(isPart(part)).toBe(true);
    expect(isPart(JSON.parse(JSON.stringify(part)))).toBe(true);
    expect(isPart(structuredClone(part))).toBe(true);
  });

  test.each([
    null,
    undefined,
    0,
    "$part",
    "",
    {},
    [],
    { part: "text" },
    { type: "response.created" },
  ])("%o is none", (value) => {
    expect(isPart(value)).toBe(false);
  });

  test("is false for any value without the key", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(isPart(value)).toBe(false);
      }),
    );
  });
});

describe("silentLogger", () => {
  test("takes what pino takes and says nothing", () => {
    const logger: Logger = silentLogger;
    for (const level of ["debug", "info", "warn", "error"] as const) {
      expect(logger[level]("text")).toBeUndefined();
      expect(logger[level]({ err: new Error("x") }, "text")).toBeUndefined();
    }
  });
});
