import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { getContext, getRequestHeaders, runWithContext, setRequestHeaders } from "../src/index.js";
import { makeContext } from "./support/run-parts.js";

describe("the request context", () => {
  test("B46, B47 gives each run its own headers after an await", async () => {
    const read = (user: string): Promise<Record<string, string>> =>
      runWithContext(makeContext({ headers: { "x-user": user } }), async () => {
        await delay(user === "ann" ? 5 : 1);
        return getRequestHeaders();
      });
    expect(await Promise.all([read("ann"), read("bob")])).toEqual([
      { "x-user": "ann" },
      { "x-user": "bob" },
    ]);
  });

  test("gives a copy", () => {
    const headers = { "x-user": "ann" };
    runWithContext(makeContext({ headers }), () => {
      getRequestHeaders()["x-user"] = "bob";
      expect(getRequestHeaders()).toEqual({ "x-user": "ann" });
    });
    expect(headers).toEqual({ "x-user": "ann" });
  });

  test("gives the run's context, and nothing outside of a run", () => {
    const context = makeContext();
    expect(runWithContext(context, getContext)).toBe(context);
    expect(getContext()).toBeUndefined();
    expect(getRequestHeaders()).toEqual({});
  });

  test("lets a run replace its headers, and no other", async () => {
    const context = makeContext({ headers: { "x-user": "ann" } });
    await runWithContext(context, async () => {
      setRequestHeaders({ "X-User": "bob", Extra: "1" });
      await delay(1);
      expect(getRequestHeaders()).toEqual({ "x-user": "bob", extra: "1" });
    });
    expect(runWithContext(context, getRequestHeaders)).toEqual({ "x-user": "ann" });
    expect(getRequestHeaders()).toEqual({});
  });

  test("takes a default for the whole process, which a run does not see", () => {
    setRequestHeaders({ "X-User": "nobody" });
    try {
      expect(getRequestHeaders()).toEqual({ "x-user": "nobody" });
      expect(runWithContext(makeContext(), getRequestHeaders)).toEqual({});
    } finally {
      setRequestHeaders({});
    }
  });

  test("refuses a header that is no string", () => {
    expect(() => setRequestHeaders({ a: 5 } as never)).toThrow(/header "a" must be a string/);
  });
});
