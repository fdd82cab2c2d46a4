import { describe, expect, test } from "vitest";
import { requirement } from "../src/index.js";

const missing = () => ({ missing: "redis-server is not installed" });

describe("a requirement", () => {
  test("that is met runs the tests", () => {
    const met = requirement("services", () => ({ path: "/usr/bin/redis-server" }), {
      WHEELHOUSE_REQUIRE: "services",
    });
    expect(met).toEqual({
      available: true,
      skipReason: undefined,
      options: { skip: false, meta: {} },
    });
  });

  test.each([{}, { WHEELHOUSE_REQUIRE: "browser,cli" }, { WHEELHOUSE_REQUIRE: "" }])(
    "that is missing and not required skips them and says why: %j",
    (env) => {
      const unmet = requirement("services", missing, env);
      expect(unmet.available).toBe(false);
      expect(unmet.skipReason).toBe("services: redis-server is not installed");
      expect(unmet.options).toEqual({ skip: true, meta: { skipReason: unmet.skipReason } });
    },
  );

  test.each(["services", "browser,services", "browser, services ,cli"])(
    "that is missing but required (%s) fails the file",
    (list) => {
      expect(() => requirement("services", missing, { WHEELHOUSE_REQUIRE: list })).toThrow(
        "redis-server is not installed (WHEELHOUSE_REQUIRE lists services)",
      );
    },
  );
});
