import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AppError,
  detailBody,
  errorEnvelope,
  errorText,
  publicMessage,
  toAppError,
} from "../src/index.js";

const hidden = { exposeErrors: false, requestId: "req_1" };
const exposed = { exposeErrors: true, requestId: "req_1" };
const HIDDEN_TEXT = "Internal server error (request req_1)";

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function boom(): never {
  throw new Error("a trap or getter threw");
}

const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;

/** Values that throw, or have no text, when they are looked at. */
const EVIL: [string, unknown][] = [
  ["a revoked proxy", revokedProxy()],
  [
    "a proxy whose every trap throws",
    new Proxy({}, { get: boom, has: boom, getPrototypeOf: boom }),
  ],
  [
    "an error whose message throws",
    Object.defineProperty(new Error("x"), "message", { get: boom }),
  ],
  ["an error whose message is an object", Object.assign(new Error("x"), { message: { a: 1 } })],
  ["an error whose message is a symbol", Object.assign(new Error("x"), { message: Symbol("s") })],
  ["an error without message and name", Object.assign(new Error(""), { name: "" })],
  ["an object whose toJSON throws", { toJSON: boom }],
  ["an object without prototype", Object.create(null)],
  ["a cyclic object", cyclic],
  ["a function whose text is empty", Object.assign(() => 1, { toString: () => "" })],
  ["a function whose text throws", Object.assign(() => 1, { toString: boom })],
  ["a symbol", Symbol("s")],
  ["a bigint", 10n],
  ["an empty string", ""],
  ["null", null],
  ["undefined", undefined],
  ["NaN", Number.NaN],
];

describe("what was not thrown on purpose", () => {
  test("B25 is shown under exposeErrors", () => {
    const body = detailBody(new Error("boom"), exposed);
    expect(body).toEqual({ detail: "boom", message: "boom" });
  });

  test("B26 is hidden by default: no message, name, path or stack", () => {
    const secret = new TypeError("password=hunter2 in /srv/agent.ts");
    expect(detailBody(secret, hidden)).toEqual({ detail: HIDDEN_TEXT, message: HIDDEN_TEXT });
    expect(errorEnvelope(secret, hidden)).toEqual({
      error: { message: HIDDEN_TEXT, type: "server_error", code: "internal_error", param: "" },
      detail: HIDDEN_TEXT,
      message: HIDDEN_TEXT,
    });
  });

  test.each(["internal_error", "task_failed"] as const)(
    "B26 stays hidden once it is wrapped as %s, whatever message the wrap has",
    (code) => {
      const wrapped = new AppError(code, { message: "hunter2", cause: new Error("hunter2") });
      expect(JSON.stringify(errorEnvelope(wrapped, hidden))).not.toContain("hunter2");
      expect(publicMessage(toAppError(new Error("boom"), code), exposed)).toBe("boom");
    },
  );

  test("B26 holds for any value", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (thrown) => {
        expect(detailBody(thrown, hidden)).toEqual({ detail: HIDDEN_TEXT, message: HIDDEN_TEXT });
      }),
    );
  });

  test.each(EVIL)("%s is answered like any other", (_, thrown) => {
    expect(detailBody(thrown, hidden)).toEqual({ detail: HIDDEN_TEXT, message: HIDDEN_TEXT });
    const shown = errorEnvelope(thrown, exposed);
    expect(shown.message).toBeTypeOf("string");
    expect(shown.message).not.toBe("");
    expect(shown).toMatchObject({ error: { message: shown.message }, detail: shown.message });
    expect(toAppError(thrown)).toMatchObject({ code: "internal_error", status: 500 });
    expect(toAppError(thrown).cause).toBe(thrown);
  });
});

describe("what was thrown on purpose", () => {
  test("keeps its message, code and param, hidden or not", () => {
    const error = new AppError("model_not_found", { message: "No model x.", param: "model" });
    const body = {
      error: {
        message: "No model x.",
        type: "not_found_error",
        code: "model_not_found",
        param: "model",
      },
      detail: "No model x.",
      message: "No model x.",
    };
    expect(errorEnvelope(error, hidden)).toEqual(body);
    expect(errorEnvelope(error, exposed)).toEqual(body);
    expect(toAppError(error)).toBe(error);
  });

  test("never shows its cause", () => {
    const error = new AppError("unavailable", { cause: new Error("hunter2") });
    for (const visibility of [hidden, exposed]) {
      expect(JSON.stringify(errorEnvelope(error, visibility))).not.toContain("hunter2");
    }
  });

  test("keeps structured detail beside a string message", () => {
    const detail = [{ type: "missing", loc: ["body", "message"], msg: "Field required" }];
    const error = new AppError("unprocessable", { message: "message: Field required", detail });
    expect(detailBody(error, hidden)).toEqual({ detail, message: "message: Field required" });
    expect(errorEnvelope(error, hidden)).toMatchObject({
      detail,
      message: "message: Field required",
    });
  });
});

describe("errorText", () => {
  test.each<[unknown, string]>([
    [new Error("boom"), "boom"],
    [new TypeError(""), "TypeError"],
    [Object.assign(new Error(""), { name: "" }), "a value that has no text was thrown"],
    ["boom", "boom"],
    [{ code: 7 }, '{"code":7}'],
    [10n, "10"],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
  ])("of %o is %s", (thrown, text) => {
    expect(errorText(thrown)).toBe(text);
  });

  test("is text for any value", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (thrown) => {
        expect(errorText(thrown)).toMatch(/^.+/s);
      }),
    );
  });
});
