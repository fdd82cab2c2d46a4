import { AppError, detailBody, ERROR_CODES, type ErrorCode } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import { HttpError } from "../src/index.js";

describe("HttpError", () => {
  test("B27 shows its status and message to the client", () => {
    const error = new HttpError(429, "m", { headers: { "Retry-After": "3" } });
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      name: "HttpError",
      status: 429,
      code: "rate_limit_exceeded",
      type: "rate_limit_error",
      headers: { "retry-after": "3" },
    });
    const visibility = { exposeErrors: false, requestId: "req_1" };
    expect(detailBody(error, visibility)).toEqual({ detail: "m", message: "m" });
  });

  test("is shown to the client whatever its status", () => {
    for (let status = 400; status < 600; status++) {
      const error = new HttpError(status, "on purpose");
      expect(error.status).toBe(status);
      const shown = detailBody(error, { exposeErrors: false, requestId: "req_1" });
      expect(shown.detail).toBe("on purpose");
      expect(ERROR_CODES[error.code].status < 500).toBe(status < 500);
    }
  });

  test.each<[number, ErrorCode]>([
    [400, "invalid_request"],
    [402, "invalid_request"],
    [403, "permission_denied"],
    [404, "not_found"],
    [500, "agent_error"],
    [502, "agent_error"],
    [503, "unavailable"],
  ])("derives the code of %i: %s", (status, code) => {
    expect(new HttpError(status, "m").code).toBe(code);
  });

  test("keeps code, param and cause that are given", () => {
    const cause = new Error("below");
    const error = new HttpError(404, "m", { code: "model_not_found", param: "model", cause });
    expect(error).toMatchObject({ code: "model_not_found", param: "model" });
    expect(error.cause).toBe(cause);
  });

  test.each<[string, () => unknown]>([
    ["status", () => new HttpError(200, "m")],
    ["status", () => new HttpError(600, "m")],
    ["status", () => new HttpError(404.5, "m")],
    ["message", () => new HttpError(404, undefined as never)],
    ["code", () => new HttpError(404, "m", { code: "nope" as never })],
    ["code", () => new HttpError(500, "m", { code: "internal_error" as never })],
    ["code", () => new HttpError(500, "m", { code: "task_failed" as never })],
    ["header", () => new HttpError(404, "m", { headers: { "a b": "1" } })],
    ["header", () => new HttpError(404, "m", { headers: { a: "1\r\nSet-Cookie: x" } })],
  ])("refuses a wrong %s where it is thrown", (what, make) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(what);
  });
});
