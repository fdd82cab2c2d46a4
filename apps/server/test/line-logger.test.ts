import { expect, test } from "vitest";
import { lineLogger } from "../src/output/line-logger.js";

function logged(json: boolean) {
  const lines: string[] = [];
  return { lines, logger: lineLogger({ json, write: (line) => void lines.push(line) }) };
}

const SECRETS = {
  Authorization: "Bearer top-secret-1",
  headers: { cookie: "sid=top-secret-2", "X-API-Key": ["top-secret-3"], accept: "text/html" },
  err: new Error('upstream refused {"authorization":"Bearer top-secret-4"}', {
    cause: new Error("sent X-Forwarded-Access-Token: top-secret-5\nhost: a.example"),
  }),
  list: [{ "x-forwarded-access-token": "top-secret-6" }],
};

test.each([true, false])("B228 credentials do not reach the log (json: %s)", (json) => {
  const { lines, logger } = logged(json);
  logger.error({ requestId: "req_1", ...SECRETS }, "failed with authorization: top-secret-7");
  logger.warn("Cookie: top-secret-8; other=top-secret-9");
  const text = lines.join("");
  expect(text).not.toContain("top-secret");
  expect(text).toContain("req_1");
  expect(text).toContain("upstream refused");
  expect(text).toContain("host: a.example");
  expect(text).toContain("text/html");
});

test.each([
  'Cookie: a="top-secret"; b=top-secret',
  'Authorization: Digest username="u", response="top-secret"',
  String.raw`{"cookie":"a=\"top-secret\"; b=top-secret","x":1}`,
  String.raw`{"body":"{\"x-api-key\":\"top-secret\",\"x\":1}"}`,
  "[ 'X-Api-Key', 'top-secret', 'x', 1 ]",
])("B228 quotes around and within a header's value do not let it through: %s", (told) => {
  const { lines, logger } = logged(true);
  logger.error({ err: new Error(told) }, told);
  expect(lines.join("")).not.toContain("top-secret");
  expect(lines.join("")).toContain("[redacted]");
});

test("B228 lists of headers are redacted too: Node's raw ones, pairs, and named values", () => {
  const { lines, logger } = logged(true);
  logger.error({
    raw: ["Host", "a.example", "Cookie", "top-secret", "X-API-Key", "top-secret"],
    pairs: [["authorization", "top-secret"]],
    named: [{ name: "Cookie", value: "top-secret" }],
  });
  expect(lines.join("")).not.toContain("top-secret");
  expect(lines.join("")).toContain("a.example");
});

test("a JSON line holds the level, the message, the fields and the error with its cause", () => {
  const { lines, logger } = logged(true);
  const err = new TypeError("boom", { cause: "why" });
  logger.error({ requestId: "req_1", err, big: 1n }, "failed");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toEqual({
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    level: "error",
    message: "failed",
    requestId: "req_1",
    big: "1",
    err: {
      name: "TypeError",
      message: "boom",
      stack: expect.stringContaining("line-logger.test.ts"),
      cause: "why",
    },
  });
});

test("a person reads the stack of an error, and a client cannot forge a line or steer the terminal", () => {
  const { lines, logger } = logged(false);
  logger.error({ path: "/x\n12:00:00 INFO fine", err: new Error("boom\u001b[2J") }, "a\nb\u2028c");
  const [head, ...stack] = lines.join("").trimEnd().split("\n");
  expect(head).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} ERROR a\\nb\\u2028c path="\/x\\+n12:00:00 INFO fine"$/,
  );
  expect(stack[0]).toBe("    Error: boom\\u001b[2J");
  expect(stack.every((line) => line.startsWith("    "))).toBe(true);
});

test.each([true, false])(
  "what cannot be written plainly does not stop the log (json: %s)",
  (json) => {
    const { lines, logger } = logged(json);
    const cyclic: Record<string, unknown> = { at: new Date(Number.NaN) };
    cyclic["self"] = cyclic;
    const hostile = {
      get boom(): string {
        throw new Error("no");
      },
    };
    logger.info({ cyclic, hostile, call: () => {}, deep: nest(50), long: "x".repeat(100_000) });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.length).toBeLessThan(20_000);
  },
);

function nest(depth: number): unknown {
  return depth === 0 ? 1 : { nest: nest(depth - 1) };
}
