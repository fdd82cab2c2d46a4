import { describe, expect, test } from "vitest";
import { AppError, ERROR_CODES, type ErrorCode, isAppError, isErrorCode } from "../src/index.js";

const codes = Object.entries(ERROR_CODES);
const TYPES = [
  "invalid_request_error",
  "authentication_error",
  "permission_error",
  "not_found_error",
  "rate_limit_error",
  "server_error",
];

describe("the table of errors", () => {
  test.each(codes)("%s has a status, a type and a message a client can be sent", (code, entry) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.status).toBeLessThan(600);
    expect(TYPES).toContain(entry.type);
    expect(entry.message.trim()).not.toBe("");
  });

  test.each(codes.filter(([, { status }]) => status >= 500))(
    "%s is the server's fault by its type too",
    (_, entry) => {
      expect(entry.type).toBe("server_error");
    },
  );

  test.each([
    ["authentication_required", 401],
    ["permission_denied", 403],
    ["not_found", 404],
    ["method_not_allowed", 405],
    ["conversation_locked", 409],
    ["approval_pending", 409],
    ["payload_too_large", 413],
    ["idempotency_key_reused", 422],
    ["rate_limit_exceeded", 429],
    ["no_handler", 500],
    ["not_implemented", 501],
    ["shutting_down", 503],
    ["task_timeout", 504],
  ] as const)("%s is answered with %i", (code, status) => {
    expect(new AppError(code).status).toBe(status);
  });

  test("isErrorCode takes the table's codes and nothing that every object has", () => {
    for (const [code] of codes) expect(isErrorCode(code)).toBe(true);
    for (const name of ["", "nope", "toString", "constructor", "__proto__", "NOT_FOUND"]) {
      expect(isErrorCode(name)).toBe(false);
    }
  });
});

describe("AppError", () => {
  test.each(codes)("%s brings the table's status, type and message", (code, entry) => {
    const error = new AppError(code as ErrorCode);
    expect(error).toMatchObject({
      name: "AppError",
      code,
      status: entry.status,
      type: entry.type,
      message: entry.message,
      param: null,
      headers: {},
    });
    expect(error.detail).toBeUndefined();
    expect("cause" in error).toBe(false);
    expect(error).toBeInstanceOf(Error);
    expect(error.stack).toContain(import.meta.filename);
  });

  test("options win over the table", () => {
    const cause = new Error("underneath");
    const error = new AppError("invalid_request", {
      message: "input[0].role: no",
      status: 422,
      param: "input[0].role",
      detail: [{ type: "missing", loc: ["body"], msg: "Field required" }],
      headers: { "retry-after": "1" },
      cause,
    });
    expect(error).toMatchObject({
      code: "invalid_request",
      type: "invalid_request_error",
      message: "input[0].role: no",
      status: 422,
      param: "input[0].role",
      detail: [{ type: "missing", loc: ["body"], msg: "Field required" }],
      headers: { "retry-after": "1" },
    });
    expect(error.cause).toBe(cause);
  });

  test("options given as undefined are options not given", () => {
    const error = new AppError("not_found", {
      message: undefined,
      status: undefined,
      param: undefined,
      headers: undefined,
    });
    expect(error).toMatchObject({ message: "Not Found", status: 404, param: null, headers: {} });
  });

  test("isAppError knows it and its subclasses, and no look-alike", () => {
    class Special extends AppError {}
    expect(isAppError(new AppError("not_found"))).toBe(true);
    expect(isAppError(new Special("conflict"))).toBe(true);
    const lookAlike = { name: "AppError", code: "not_found", status: 404, message: "x" };
    for (const value of [new Error("x"), lookAlike, null, undefined, "not_found", 404]) {
      expect(isAppError(value)).toBe(false);
    }
  });
});
