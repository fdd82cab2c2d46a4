import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  CreateResponseRequest,
  explainIssues,
  InvocationRequest,
  issuePath,
} from "../src/index.js";
import { refusalOf } from "./support/refusal.js";

describe("issuePath", () => {
  test.each<[PropertyKey[], string]>([
    [[], ""],
    [["input"], "input"],
    [["input", 0, "role"], "input[0].role"],
    [["a", "b", 3, 4, "c"], "a.b[3][4].c"],
    [[0, "a"], "[0].a"],
    [[Symbol("s")], "Symbol(s)"],
  ])("of %o is %s", (path, text) => {
    expect(issuePath(path)).toBe(text);
  });

  test("cuts a key that a client made huge", () => {
    expect(issuePath(["metadata", "k".repeat(100)])).toBe(`metadata.${"k".repeat(100)}`);
    expect(issuePath(["metadata", "k".repeat(1_000_000), 0])).toBe(
      `metadata.${"k".repeat(100)}…[0]`,
    );
  });
});

describe("explainIssues", () => {
  test("names the first field at fault", () => {
    const schema = z.object({ a: z.string(), b: z.string() });
    expect(refusalOf(schema, {})).toEqual({
      param: "a",
      message: "a: Invalid input: expected string, received undefined",
    });
  });

  test("has no param for a body that is wrong as a whole", () => {
    expect(refusalOf(z.object({}), 5)).toEqual({
      param: null,
      message: "Invalid input: expected object, received number",
    });
  });

  test("speaks for the branch of a union that came furthest", () => {
    const schema = z.object({
      a: z.union([
        z.string(),
        z.array(z.object({ b: z.union([z.number(), z.array(z.number())]) })),
      ]),
    });
    expect(refusalOf(schema, { a: [{ b: [1, "x"] }] })).toEqual({
      param: "a[0].b[1]",
      message: "a[0].b[1]: Invalid input: expected number, received string",
    });
  });

  test("joins what the branches want where none came further", () => {
    const schema = z.union([z.string(), z.string(), z.number()]);
    expect(refusalOf(schema, true)?.message).toBe(
      "Invalid input: expected string, received boolean, or Invalid input: expected number, received boolean",
    );
  });

  test("says what is wrong with a key", () => {
    expect(refusalOf(z.record(z.string().max(2), z.string()), { abc: "" })).toEqual({
      param: "abc",
      message: expect.stringContaining("<=2 characters"),
    });
  });

  test("answers an error without issues too", () => {
    expect(explainIssues(new z.ZodError([]))).toEqual({ param: null, message: "Invalid input" });
  });
});

describe("a hostile body is explained by its first fault alone", () => {
  const many = <Item>(item: Item): Item[] => Array.from({ length: 50_000 }, () => item);
  const message = (content: unknown): unknown => ({ role: "user", content });
  const record = Object.fromEntries(many(1).map((one, at) => [`key${at}`, one]));
  const bodies: [string, object, string][] = [
    ["items of no type", { input: many({}) }, "input[0].role"],
    ["items of an unknown type", { input: many({ type: "nope" }) }, "input[0].type"],
    ["items that are none", { input: many(5) }, "input[0]"],
    ["parts that are none", { input: [message(many(5))] }, "input[0].content[0]"],
    ["tools that are none", { input: [], tools: many(5) }, "tools[0]"],
    [
      "summaries that are none",
      { input: [{ type: "reasoning", summary: many(5) }] },
      "input[0].summary[0]",
    ],
    [
      "output that is none",
      { input: [{ type: "function_call_output", call_id: "c", output: many(5) }] },
      "input[0].output[0]",
    ],
  ];

  test.each([
    ...bodies.map(
      ([name, body, param]) => [name, "/responses", CreateResponseRequest, body, param] as const,
    ),
    ...bodies.map(
      ([name, body, param]) => [name, "/invocations", InvocationRequest, body, param] as const,
    ),
    ["metadata", "/responses", CreateResponseRequest, { metadata: record }, "metadata"] as const,
    [
      "metadata",
      "/invocations",
      InvocationRequest,
      { input: [], metadata: record },
      "metadata.key0",
    ] as const,
    ["includes", "/responses", CreateResponseRequest, { include: many(5) }, "include[0]"] as const,
  ])("50,000 wrong %s on %s", (_, _route, schema, body, param) => {
    const parsed = schema.safeParse(body);
    expect(parsed.success).toBe(false);
    // All that was found, whatever depth a union hides it in: not an entry for each.
    expect(JSON.stringify(parsed.error?.issues).length).toBeLessThan(10_000);
    expect(explainIssues(parsed.error!).param).toBe(param);
  });

  test("the place of a wrong item late in a list is right", () => {
    const input = [...many(message("hi")), { role: "tool", content: "x" }, {}];
    expect(refusalOf(CreateResponseRequest, { input })?.param).toBe("input[50000].role");
    expect(refusalOf(InvocationRequest, { input })?.param).toBe("input[50000].role");
  });
});
