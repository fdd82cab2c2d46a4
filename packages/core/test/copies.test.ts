import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Core from "../src/index.js";
import { type Copy, installCopy } from "./support/bundle.js";

let installed: Copy[];
let a: typeof Core;
let b: typeof Core;

beforeAll(async () => {
  installed = [await installCopy(), await installCopy()];
  const load = (copy: Copy | undefined): Promise<typeof Core> =>
    import(/* @vite-ignore */ copy!.url) as Promise<typeof Core>;
  [a, b] = [await load(installed[0]), await load(installed[1])];
});
afterAll(async () => {
  await Promise.all(installed.map((copy) => copy.remove()));
});

describe("two installed copies", () => {
  test("are two copies", () => {
    expect(a.AppError).not.toBe(b.AppError);
    expect(new a.AppError("not_found")).not.toBeInstanceOf(b.AppError);
  });

  test("know each other's errors", () => {
    const error = new a.AppError("rate_limit_exceeded", { message: "Slow down." });
    expect(b.isAppError(error)).toBe(true);
    expect(b.toAppError(error)).toBe(error);
    expect(b.detailBody(error, { exposeErrors: false, requestId: "req_1" })).toEqual({
      detail: "Slow down.",
      message: "Slow down.",
    });
  });

  test("B26 hide each other's unexpected errors", () => {
    const error = a.toAppError(new Error("hunter2"), "task_failed");
    expect(b.publicMessage(error, { exposeErrors: false, requestId: "req_1" })).toBe(
      "Internal server error (request req_1)",
    );
  });
});
