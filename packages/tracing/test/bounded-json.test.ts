import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundedJson } from "../src/values/bounded-json.js";

const BOUND = 4_000;
const json = (value: unknown, bound = BOUND): unknown => JSON.parse(boundedJson(value, bound));

/** A secret that no other text of a test has. */
const SECRET = "s3cr3tV4lu3-do-not-keep";

describe("a value in a trace", () => {
  test("is its own JSON text when it is plain and small", () => {
    const value = { input: [{ role: "user", content: "hällo" }], n: 1.5, b: true, x: null };
    expect(boundedJson(value, BOUND)).toBe(JSON.stringify(value));
    expect(boundedJson(undefined, BOUND)).toBe("null");
  });

  test("property: plain data without credentials is kept as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(text.length <= 3_000 && !/[a-z]{2}[-_]/i.test(text));
        expect(json(value)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("property: any value becomes whole JSON within the bound, and nothing is thrown", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withSparseArray: true,
          withTypedArray: true,
          withNullPrototype: true,
          withObjectString: true,
          maxDepth: 6,
        }),
        fc.integer({ min: 1_000, max: 20_000 }),
        (value, bound) => {
          const text = boundedJson(value, bound);
          expect(text.length).toBeLessThanOrEqual(bound);
          JSON.parse(text);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("property: it fits however large it is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300_000 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 0, max: 60 }),
        (characters, entries, depth) => {
          let value: unknown = {
            text: '"'.repeat(characters),
            list: Array.from({ length: entries }, (_, at) => ({ at, text: "y".repeat(at % 50) })),
          };
          for (let n = 0; n < depth; n++) value = n % 2 === 0 ? [value] : { value };
          const text = boundedJson(value, 1_000);
          expect(text.length).toBeLessThanOrEqual(1_000);
          JSON.parse(text);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("keeps the end of a list that is cut: the last messages say most", () => {
    const list = Array.from({ length: 5_000 }, (_, n) => `message ${n}`);
    const kept = json(list) as string[];
    expect(kept[0]).toBe("message 0");
    expect(kept.at(-1)).toBe("message 4999");
    expect(kept.some((entry) => /^\[… \d+ more\]$/.test(entry))).toBe(true);
  });

  test("marks what is cut from a text, and says how much", () => {
    const kept = json({ text: "x".repeat(50_000_000) }) as { text: string };
    expect(kept.text).toMatch(/^x+\[… \d+ more characters\]$/);
    const missing = Number(/(\d+) more/.exec(kept.text)?.[1]);
    expect(kept.text.indexOf("[") + missing).toBe(50_000_000);
  });

  test("does not look at all of a value that it cannot keep", () => {
    const wide = Array.from({ length: 2_000_000 }, () => ({ a: [1, 2, 3] }));
    const began = process.cpuUsage();
    boundedJson(wide, BOUND);
    const { user } = process.cpuUsage(began);
    // The walk over all of it takes some hundred milliseconds.
    expect(user / 1000).toBeLessThan(100);
  });

  test("does not follow cycles", () => {
    const value: Record<string, unknown> = { name: "a" };
    value["self"] = value;
    value["list"] = [value];
    expect(json(value)).toEqual({ name: "a", self: "[cycle]", list: ["[cycle]"] });
  });

  test("has a text for what JSON does not know", () => {
    expect(
      json({
        big: 12n,
        call: () => 1,
        symbol: Symbol("s"),
        nan: Number.NaN,
        infinite: -Infinity,
        date: new Date(0),
        badDate: new Date(Number.NaN),
        bytes: new Uint8Array(9),
        map: new Map([["k", 1n]]),
        set: new Set([1, "a"]),
        error: new TypeError("bad", { cause: new Error("why") }),
        json: { toJSON: () => ({ own: 2n }) },
      }),
    ).toEqual({
      big: "12",
      call: "[function]",
      symbol: "Symbol(s)",
      nan: "NaN",
      infinite: "-Infinity",
      date: "1970-01-01T00:00:00.000Z",
      badDate: null,
      bytes: "[9 bytes]",
      map: { k: "1" },
      set: [1, "a"],
      error: { name: "TypeError", message: "bad", cause: { name: "Error", message: "why" } },
      json: { own: "2" },
    });
  });

  test("survives getters, toJSON and proxies that throw", () => {
    const fail = (): never => {
      throw new Error("no");
    };
    const hostile = new Proxy({}, { ownKeys: fail, get: fail, getPrototypeOf: fail });
    const value = {
      get bad() {
        return fail();
      },
      json: { toJSON: fail },
      hostile,
      fine: 1,
    };
    expect(json(value)).toEqual({
      bad: "[unreadable]",
      json: "[unreadable]",
      hostile: "[unreadable]",
      fine: 1,
    });
    expect(json(hostile)).toBe("[unreadable]");
  });

  test("keeps a field named __proto__ as a field", () => {
    const value: unknown = JSON.parse('{"__proto__":{"a":1},"n":2,"password":"x"}');
    expect(boundedJson(value, BOUND)).toBe('{"__proto__":{"a":1},"n":2,"password":"[redacted]"}');
  });

  test.each([
    { authorization: SECRET },
    { Authorization: `Bearer ${SECRET}` },
    { headers: { Cookie: SECRET, "x-api-key": SECRET } },
    { "X-Forwarded-Access-Token": SECRET },
    { api_key: SECRET, apiKey: SECRET, "api-key": SECRET, APIKEY: SECRET },
    { client_secret: SECRET, password: [SECRET], refreshToken: { value: SECRET } },
    new Map([["authorization", SECRET]]),
    new Headers({ authorization: SECRET }),
    ["authorization", SECRET],
    [["x-api-key", SECRET]],
    [{ name: "Authorization", value: SECRET }],
    `curl -H 'Authorization: ${SECRET}'`,
    { text: `GET / HTTP/1.1\r\nCookie: a=${SECRET}\r\n` },
    { error: new Error(`401: {"x-api-key":"${SECRET}"}`) },
    { [`authorization: ${SECRET}`]: 1 },
    JSON.stringify({ headers: { authorization: SECRET } }),
  ])("B228 has no credential in it: %j", (value) => {
    const text = boundedJson(value, BOUND);
    expect(text).not.toContain(SECRET);
    expect(text).toContain("[redacted]");
  });

  test.each([
    `sk-proj-${"a1B2".repeat(8)}`,
    `sk-ant-api03-${"a1B2".repeat(8)}`,
    `ghp_${"a".repeat(36)}`,
    `dapi${"0123456789abcdef".repeat(2)}`,
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_DEF-123",
  ])("B228 has no token in it, in whatever text: %s", (token) => {
    expect(json({ text: `my key is ${token}, keep it` })).toEqual({
      text: "my key is [redacted], keep it",
    });
  });

  test("property: a secret field's value is nowhere, at any depth, in any size", () => {
    const names = ["authorization", "COOKIE", "x-api-key", "api_key", "Password", "clientSecret"];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.constantFrom("list", "object"), { maxLength: 6 }),
        fc.integer({ min: 0, max: 8_000 }),
        (name, path, padding) => {
          let value: unknown = { [name]: SECRET, padding: "p".repeat(padding) };
          for (const step of path) value = step === "list" ? [value, 1] : { a: 1, value };
          expect(boundedJson(value, BOUND)).not.toContain(SECRET);
        },
      ),
    );
  });
});
