import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  createId,
  createSpanId,
  createTraceId,
  mlflowTraceId,
  randomHex,
  type ResponseId,
  type TraceId,
} from "../src/index.js";

afterEach(() => vi.restoreAllMocks());

const ZEROS = /^0+$/;

describe("ids", () => {
  test.each(["resp", "conv", "req", "turn", "msg"])("%s_ and 24 hex digits", (prefix) => {
    expect(createId(prefix)).toMatch(new RegExp(`^${prefix}_[0-9a-f]{24}$`));
  });

  test("a branded id is still text, and text is no branded id", () => {
    const id: ResponseId = createId<ResponseId>("resp");
    const text: string = id;
    // @ts-expect-error -- a string that nobody made as an id
    const wrong: ResponseId = text;
    expect(wrong).toBe(id);
  });

  test("100,000 ids are 100,000 different ones", () => {
    const ids = Array.from({ length: 100_000 }, () => createId("resp"));
    expect(new Set(ids).size).toBe(100_000);
  });

  test("trace and span ids are W3C's", () => {
    const traceIds = Array.from({ length: 1000 }, () => createTraceId());
    for (const id of traceIds) expect(id).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(new Set(traceIds).size).toBe(1000);
    for (let n = 0; n < 1000; n++) expect(createSpanId()).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
  });

  test.each([
    ["trace", createTraceId],
    ["span", createSpanId],
  ])("B39 a %s id is not all zero even when the generator says so", (_, create) => {
    const real = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
    const spy = vi.spyOn(globalThis.crypto, "getRandomValues").mockImplementation((array) => {
      if (spy.mock.calls.length > 1 || !(array instanceof Uint8Array)) return real(array);
      array.fill(0);
      return array;
    });
    // Random bytes that are left from earlier ids are used up first.
    while (spy.mock.calls.length === 0) randomHex(1);
    expect(randomHex(8)).toMatch(ZEROS);
    expect(create()).not.toMatch(ZEROS);
  });

  test("B39 MLflow's form of a trace id", () => {
    expect(mlflowTraceId("4bf92f3577b34da6a3ce929d0e0e4736" as TraceId)).toBe(
      "tr-4bf92f3577b34da6a3ce929d0e0e4736",
    );
    expect(mlflowTraceId(createTraceId())).toMatch(/^tr-[0-9a-f]{32}$/);
  });

  test("randomHex gives two digits a byte, for any number of bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (bytes) => {
        const hex = randomHex(bytes);
        expect(hex).toHaveLength(bytes * 2);
        expect(hex).toMatch(/^[0-9a-f]*$/);
      }),
    );
  });

  test("every hex digit comes about as often as the others", () => {
    const counts = new Map<string, number>();
    for (const digit of randomHex(80_000)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    expect(counts.size).toBe(16);
    // 160,000 digits, 10,000 each; 600 is six standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(600);
  });
});
