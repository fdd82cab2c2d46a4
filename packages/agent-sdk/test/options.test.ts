import { isAppError } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { invoke, type StandardSchema } from "../src/index.js";

describe("options are checked when the agent is defined, and named", () => {
  test.each<[string, Record<string, unknown>]>([
    ["name", { name: "" }],
    ["name", { name: "no spaces" }],
    ["name", { name: "a".repeat(65) }],
    ["name", { name: 5 }],
    ["customInputs", { customInputs: {} }],
    ["customInputs", { customInputs: () => true }],
    ["timeoutMs", { timeoutMs: 0 }],
    ["timeoutMs", { timeoutMs: 1.5 }],
    ["timeoutMs", { timeoutMs: "5" }],
    ["timeoutMs", { timeoutMs: Number.NaN }],
    ["timeoutMs", { timeoutMs: 2 ** 31 }],
    ["disconnect", { disconnect: "stop" }],
    ["disconnect", { disconnect: null }],
    ["disconnect.graceMs", { disconnect: { graceMs: -1 } }],
    ["disconnect.graceMs", { disconnect: { graceMs: undefined } }],
    ["concurrency", { concurrency: 0 }],
    ["concurrency", { concurrency: Infinity }],
    ["maxQueued", { maxQueued: -1 }],
    ["derive", { derive: "no" }],
    ["serverTools", { serverTools: "show" }],
    ["onCrash", { onCrash: "retry" }],
    ["onCrash", { onCrash: null }],
    ["overlap", { overlap: "wait" }],
    ["overlap", { overlap: true }],
    ["worker", { worker: "./agent.js" }],
    ["worker", { worker: "https://example.com/agent.js" }],
    ["worker", { worker: true }],
  ])("%s: %j", (option, options) => {
    const define = (): unknown => invoke(options, () => "");
    expect(define).toThrow(TypeError);
    expect(define).toThrow(`option "${option}"`);
  });

  test("an option that does not exist, with those that do", () => {
    const define = (): unknown => invoke({ timeout: 5 } as object, () => "");
    expect(define).toThrow(/unknown option "timeout".*timeoutMs/);
  });

  test.each(["fail", "restart", "resume"] as const)("onCrash may be %s", (onCrash) => {
    expect(invoke({ onCrash }, () => "").options).toMatchObject({ onCrash, overlap: "reject" });
  });

  test.each(["reject", "queue", "interrupt"] as const)("overlap may be %s", (overlap) => {
    expect(invoke({ overlap }, () => "").options).toMatchObject({ overlap, onCrash: "fail" });
  });

  test("good ones are kept, and later changes to what was given are not", () => {
    const disconnect = { graceMs: 5 };
    const { options } = invoke(
      { name: "a.b:c-d_1", timeoutMs: 5, disconnect, concurrency: 2, maxQueued: 0, derive: false },
      () => "",
    );
    disconnect.graceMs = 9;
    expect(options).toMatchObject({
      name: "a.b:c-d_1",
      timeoutMs: 5,
      disconnect: { graceMs: 5 },
      concurrency: 2,
      maxQueued: 0,
      derive: false,
    });
  });
});

describe("customInputs", () => {
  const schema = z.object({
    k: z.number().int(),
    locale: z.enum(["en", "de"]).default("en"),
    filters: z.array(z.object({ field: z.string() })).optional(),
  });
  const parse = invoke({ customInputs: schema }, () => "").parseCustomInputs!;

  test("are parsed, defaults and all", () => {
    expect(parse({ k: 1, extra: true })).toEqual({ k: 1, locale: "en" });
  });

  test.each([undefined, null])("count as {} when they are %s", (absent) => {
    const lenient = invoke({ customInputs: schema.partial({ k: true }) }, () => "");
    expect(lenient.parseCustomInputs!(absent)).toEqual({ locale: "en" });
  });

  test.each<[string, unknown]>([
    ["custom_inputs.k", {}],
    ["custom_inputs.filters[1].field", { k: 1, filters: [{ field: "a" }, { field: 2 }] }],
    ["custom_inputs", "text"],
  ])("that do not fit are a 400 that names %s", (param, value) => {
    const refused = thrownBy(() => parse(value));
    expect(isAppError(refused)).toBe(true);
    expect(refused).toMatchObject({ code: "invalid_request", status: 400, param });
    expect((refused as Error).message).toMatch(/Invalid (input|option)/);
    expect((refused as Error).message.startsWith(`${param}: `)).toBe(true);
  });

  test("may be checked asynchronously", async () => {
    const even = z.object({ k: z.number().refine(async (k) => k % 2 === 0, "must be even") });
    const parseLater = invoke({ customInputs: even }, () => "").parseCustomInputs!;
    expect(await parseLater({ k: 2 })).toEqual({ k: 2 });
    await expect(parseLater({ k: 3 })).rejects.toMatchObject({
      param: "custom_inputs.k",
      message: "custom_inputs.k: must be even",
    });
  });

  test("may be checked by any Standard Schema, one that is a function too", () => {
    const standard: StandardSchema<{ k: number }>["~standard"] = {
      version: 1,
      vendor: "mine",
      validate: (value) =>
        typeof (value as { k?: unknown }).k === "number"
          ? { value: { k: 7 } }
          : { issues: [{ message: "k must be a number", path: [{ key: "k" }] }] },
    };
    const callable = Object.assign(() => true, { "~standard": standard });
    const parseMine = invoke({ customInputs: callable }, () => "").parseCustomInputs!;
    expect(parseMine({ k: 1 })).toEqual({ k: 7 });
    expect(thrownBy(() => parseMine({}))).toMatchObject({ param: "custom_inputs.k" });
  });

  test("without a schema are not checked", () => {
    expect(invoke(() => "").parseCustomInputs).toBeUndefined();
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
