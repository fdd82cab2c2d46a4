import { deflateSync } from "node:zlib";
import { InputItem, isAppError } from "@wheelhouse/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compactItems, expandCompaction } from "../src/wire/responses/compaction.js";
import { checkToolOutputs } from "../src/wire/responses/tool-outputs.js";

type Item = { type: string; [key: string]: unknown };

function ids(): (prefix: string) => string {
  let next = 0;
  return (prefix) => `${prefix}_${next++}`;
}

const compact = (items: readonly object[], newId = ids()): Item[] =>
  compactItems(items as InputItem[], newId);
const expand = (items: readonly object[]): Item[] => expandCompaction(items as InputItem[]);
const own = (value: unknown): Item => ({
  type: "compaction",
  id: "cmp_x",
  encrypted_content: `whc1.${deflateSync(JSON.stringify(value)).toString("base64url")}`,
});

const user = (content: unknown): Item => ({ type: "message", role: "user", content });
const said = (text: string): Item => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [] }],
});
const call = (id: string): Item => ({
  type: "function_call",
  call_id: id,
  name: "f",
  arguments: "{}",
});
const result = (id: string, output: unknown): Item => ({
  type: "function_call_output",
  call_id: id,
  output,
});

/** What must survive: the texts of messages and the ids of calls, in order. */
function story(items: readonly Item[]): string[] {
  return items.flatMap((item) => {
    if (item.type === "reasoning") return [];
    if (item.type !== "message") return [`${item.type} ${String(item["call_id"])}`];
    const content = item["content"] as string | { text: string }[];
    const text = typeof content === "string" ? content : content.map((part) => part.text).join("");
    return [`${String(item["role"])} ${text}`];
  });
}

function refusal(items: readonly object[]): unknown {
  try {
    return expand(items);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { code: error.code, param: error.param };
  }
}

test("user messages stay whole, the rest is one opaque item", () => {
  const output = compact([
    { type: "message", role: "system", content: "be kind", id: "msg_s", status: null },
    user("question"),
    { type: "reasoning", summary: [], encrypted_content: "secret" },
    call("c1"),
    result("c1", "found"),
    said("answer"),
  ]);
  expect(output).toEqual([
    {
      type: "message",
      id: "msg_s",
      role: "system",
      status: "completed",
      content: [{ type: "input_text", text: "be kind" }],
    },
    {
      type: "message",
      id: "msg_0",
      role: "user",
      status: "completed",
      content: [{ type: "input_text", text: "question" }],
    },
    {
      type: "compaction",
      id: expect.stringMatching(/^cmp_/) as string,
      encrypted_content: expect.stringMatching(/^whc1\.[\w-]+$/) as string,
    },
  ]);
  expect(expand(output).map((item) => item.type)).toEqual([
    "message",
    "message",
    "function_call",
    "function_call_output",
    "message",
  ]);
});

const text = fc.string({ maxLength: 20 });
const exchange = fc.oneof(
  text.map((one) => [user(one)]),
  text.map((one) => [{ type: "message", role: "developer", content: one }]),
  text.map((one) => [said(one)]),
  fc.constant([{ type: "reasoning", summary: [] }]),
  fc
    .tuple(fc.uuid(), fc.oneof(text, fc.constant("x".repeat(20_000))))
    .map(([id, output]) => [call(id), result(id, output)]),
  fc.constant([{ type: "acme:thing", deep: { a: [1] } }]),
);
const conversation = fc.array(exchange, { maxLength: 12 }).map((parts): Item[] => parts.flat());

test("what was compacted comes back in order, again and again", () => {
  fc.assert(
    fc.property(conversation, conversation, (before, after) => {
      const newId = ids();
      const given = structuredClone(before);
      const once = compact(before, newId);
      expect(before).toEqual(given);
      expect(story(expand(once))).toEqual(story(before));
      const whole = [...before, ...after];
      expect(story(expand([...once, ...after]))).toEqual(story(whole));
      const twice = compact([...once, ...after], newId);
      expect(twice.filter((item) => item.type === "compaction")).toHaveLength(1);
      expect(story(expand(twice))).toEqual(story(whole));
      expect(() => checkToolOutputs(expand(twice) as InputItem[])).not.toThrow();
      for (const item of expand(twice)) expect(InputItem.safeParse(item).error).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

test("messages that come back without their ids, later or not at all are there once, in order", () => {
  const [first, second, compaction] = compact([user("1"), said("a"), user("2"), said("b")]);
  const { id: _id, ...nameless } = first!;
  for (const sent of [
    [nameless, second!, compaction!],
    [second!, compaction!],
    [compaction!, second!],
    [compaction!],
  ])
    expect(story(expand(sent))).toEqual(["user 1", "assistant a", "user 2", "assistant b"]);
});

test("messages too large to repeat are named, and are there where the client sends them back", () => {
  const compacted = compact([user("x".repeat(5_000_000)), said("a"), user("2"), said("b")]);
  expect(JSON.stringify(compacted.at(-1)).length).toBeLessThan(10_000);
  const texts = (items: Item[]) => story(expand(items)).map((line) => line.slice(0, 11));
  expect(texts(compacted)).toEqual(["user xxxxxx", "assistant a", "user 2", "assistant b"]);
  expect(texts(compacted.slice(1))).toEqual(["assistant a", "user 2", "assistant b"]);
});

test("an input without our compactions is left as it is", () => {
  const foreign = { type: "compaction", id: "cmp_1", encrypted_content: "gAAAA" };
  const items = [user("1"), foreign, { type: "compaction" }, { ...foreign, type: "acme:x" }];
  expect(expand(items)).toEqual(items);
  // It is kept in ours, and is there for its own server later.
  expect(expand(compact([foreign]))).toMatchObject([foreign]);
});

describe("long outputs are cut", () => {
  const after = (output: unknown): unknown =>
    expand(compact([call("c"), result("c", output)]))[1]!["output"];

  test("with a note of how much is not there", () => {
    expect(after("x".repeat(10_000))).toBe(`${"x".repeat(4000)}\n[… 6000 characters left out]`);
    expect(after("x".repeat(4000))).toBe("x".repeat(4000));
    expect(after("🙂".repeat(5000))).toMatch(/^(?:🙂)+\n\[/u);
    const parts = Array.from({ length: 5 }, () => ({ type: "input_text", text: "y".repeat(1500) }));
    const cut = after(parts) as { text: string }[];
    expect(cut.map((part) => part.text.length)).toEqual([1500, 1500, 1028, 29, 29]);
  });

  test("once: compacting again leaves the note", () => {
    const items = [call("c"), result("c", "x".repeat(10_000))];
    const once = compact(items);
    expect(expand(compact(once))).toEqual(expand(once));
  });

  test("and data that says nothing without its rest is left out", () => {
    const image = { type: "input_image", image_url: `data:image/png;base64,${"A".repeat(9000)}` };
    expect(after([image, { type: "input_text", text: "caption" }])).toEqual([
      { type: "input_text", text: "[input_image left out]" },
      { type: "input_text", text: "caption" },
    ]);
    const drawn = { type: "image_generation_call", id: "ig_1", result: "A".repeat(9000) };
    expect(expand(compact([drawn]))).toMatchObject([{ id: "ig_1", result: null }]);
  });
});

describe("what a client changed is refused", () => {
  const param = "input[1].encrypted_content";
  const refused = { code: "invalid_request", param };

  test.each<[string, Item]>([
    ["garbage", { type: "compaction", encrypted_content: "whc1.garbage" }],
    ["nothing", { type: "compaction", encrypted_content: "whc1." }],
    ["no list", own({ items: [] })],
    ["no item", own([42])],
    ["an item of an unknown type", own([{ type: "unheard_of" }])],
    ["an item that is not valid", own([{ type: "function_call", call_id: "c" }])],
    ["a compaction in it", own([own([])])],
    ["a bomb", own(["x".repeat(17 * 1024 * 1024)])],
    ["a bomb of items", own(Array.from({ length: 20_001 }, () => ({ type: "a:b" })))],
  ])("%s", (_name, item) => {
    expect(refusal([user("1"), item])).toEqual(refused);
  });

  test("one that is nested too deep", () => {
    const deep = `[{"type":"a:b","x":${"[".repeat(5000)}${"]".repeat(5000)}}]`;
    const content = `whc1.${deflateSync(deep).toString("base64url")}`;
    expect(refusal([user("1"), { type: "compaction", encrypted_content: content }])).toEqual(
      refused,
    );
  });

  test("several that hold too much together", () => {
    const large = own([user("x".repeat(9 * 1024 * 1024))]);
    expect(refusal([large])).toHaveLength(1);
    expect(refusal([large, large])).toEqual(refused);
  });

  test("one letter of it, or its end", () => {
    const made = compact([user("1"), said("a"), call("c1"), result("c1", "found")]).at(-1)!;
    const content = made["encrypted_content"] as string;
    const original = expand([user("1"), made]);
    fc.assert(
      fc.property(fc.integer({ min: 5, max: content.length - 3 }), fc.boolean(), (at, whole) => {
        const other = content[at] === "A" ? "B" : "A";
        const changed = content.slice(0, at) + (whole ? other + content.slice(at + 1) : "");
        // A bit of the packing that means nothing may be changed; what is packed may not.
        expect([refused, original]).toContainEqual(
          refusal([user("1"), { ...made, encrypted_content: changed }]),
        );
      }),
      { numRuns: 500 },
    );
  });
});

test("a conversation that is too large for one compaction is refused", () => {
  const items = [said("x".repeat(17 * 1024 * 1024))];
  expect(() => compact(items)).toThrow(expect.objectContaining({ code: "payload_too_large" }));
});
