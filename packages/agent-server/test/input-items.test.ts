import { InputItem } from "@wheelhouse/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { storedInputItems } from "../src/wire/responses/input-items.js";

const ids = () => {
  let next = 0;
  return (prefix: string) => `${prefix}_${next++}`;
};
const stored = (items: unknown[]) => storedInputItems(items as InputItem[], ids());

test("messages get an id, a status and their text as a part", () => {
  expect(
    stored([
      { type: "message", role: "user", content: "hi" },
      { type: "message", role: "assistant", content: "ho", id: null, status: null },
      { type: "message", role: "system", content: "", id: "msg_mine", status: "incomplete" },
      { type: "message", role: "user", content: [{ type: "input_text", text: "part" }], id: "" },
    ]),
  ).toEqual([
    {
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: "hi" }],
      id: "msg_0",
      status: "completed",
    },
    {
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text: "ho", annotations: [] }],
      id: "msg_1",
      status: "completed",
    },
    {
      type: "message",
      role: "system",
      content: [{ type: "input_text", text: "" }],
      id: "msg_mine",
      status: "incomplete",
    },
    {
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: "part" }],
      id: "msg_2",
      status: "completed",
    },
  ]);
});

test("an id that an item before has already is replaced", () => {
  const mine = { type: "message", role: "user", content: "hi", id: "msg_mine" };
  const given = stored([mine, mine, { ...mine, id: "msg_x" }, mine]).map(({ id }) => id);
  expect(given).toEqual(["msg_mine", "msg_0", "msg_x", "msg_1"]);
});

test("the other types get the prefix of their type, and a status where they have one", () => {
  const types = {
    function_call: ["fc_0", "completed"],
    function_call_output: ["fco_0", "completed"],
    custom_tool_call_output: ["ctco_0", "completed"],
    web_search_call: ["ws_0", "completed"],
    reasoning: ["rs_0", undefined],
    mcp_approval_response: ["mcpa_0", undefined],
    compaction: ["cmp_0", undefined],
    program: ["program_0", undefined],
    "acme:big-call": ["acme_big_call_0", undefined],
    "acme:a_call": ["acme_a_call_0", undefined],
  };
  for (const [type, [id, status]] of Object.entries(types))
    expect(stored([{ type, content: "as it is" }])).toEqual([
      { type, content: "as it is", id, ...(status === undefined ? {} : { status }) },
    ]);
});

test("what is stored is a valid input, the given items stay as they are, and storing again changes nothing", () => {
  const absent = fc.constantFrom(undefined, null);
  const item = fc.record({
    type: fc.constantFrom("message", "function_call", "function_call_output", "reasoning", "a:b"),
    role: fc.constantFrom("user", "assistant"),
    content: fc.oneof(
      fc.string(),
      fc.array(fc.record({ type: fc.constant("input_text"), text: fc.string() })),
    ),
    call_id: fc.constant("c"),
    name: fc.constant("f"),
    arguments: fc.constant("{}"),
    output: fc.string(),
    summary: fc.constant([]),
    extra: fc.anything({ withDate: false }),
    id: fc.oneof(absent, fc.string({ minLength: 1 })),
    status: fc.oneof(absent, fc.constantFrom("in_progress", "completed")),
  });
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const before = structuredClone(items);
      const kept = stored(items);
      expect(items).toEqual(before);
      expect(stored(kept)).toEqual(kept);
      for (const [at, one] of kept.entries()) {
        const { id: _id, status: _status, content: _content, ...rest } = one;
        const { id: _i, status: _s, content: _c, ...given } = before[at]!;
        expect(rest).toEqual(given);
        // The schema of reasoning refuses the content that others have.
        const checked = one.type === "reasoning" ? { ...one, content: null } : one;
        expect(InputItem.safeParse(JSON.parse(JSON.stringify(checked))).error).toBeUndefined();
      }
    }),
    { numRuns: 300 },
  );
});
