import { ev } from "@wheelhouse/agent-sdk";
import fc from "fast-check";
import type { assemble } from "./assemble.js";

const id = fc.constantFrom("m1", "m2", "m3", "");
const text = fc.constantFrom("", "a", "bc", "hello ", "héllo\n", "a".repeat(50));
const index = fc.constantFrom(undefined, 0, 1, 2);
const callId = fc.constantFrom("c1", "c2", "c3");

const message = fc.record({
  type: fc.constant("message"),
  id: fc.option(id, { nil: undefined }),
  role: fc.constant("assistant"),
  content: fc.array(
    fc.oneof(
      fc.record({ type: fc.constant("output_text"), text }),
      fc.record({ type: fc.constant("refusal"), refusal: text }),
    ),
    { maxLength: 3 },
  ),
});
const call = fc.record({
  type: fc.constant("function_call"),
  id,
  call_id: callId,
  name: fc.constantFrom("f", "g"),
  arguments: fc.constantFrom("{}", '{"a":1}'),
});
const result = fc.record({
  type: fc.constant("function_call_output"),
  call_id: callId,
  output: text,
});
const reasoning = fc.record({
  type: fc.constant("reasoning"),
  id,
  summary: fc.array(fc.record({ type: fc.constant("summary_text"), text }), { maxLength: 2 }),
});
const other = fc.record({ type: fc.constantFrom("web_search_call", "acme:thing"), id });
const item = fc.oneof(message, call, result, reasoning, other);

const delta = (type: string, extra: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record({ type: fc.constant(type), item_id: id, delta: text, ...extra });

const raw = fc.oneof(
  delta("response.output_text.delta", { content_index: index }),
  delta("response.refusal.delta", { content_index: index }),
  delta("response.reasoning_summary_text.delta", { summary_index: index }),
  delta("response.reasoning_text.delta", { content_index: index }),
  fc.record({
    type: fc.constant("response.output_text.done"),
    item_id: id,
    text,
    content_index: index,
  }),
  fc.record({ type: fc.constant("response.output_item.added"), item }),
  fc.record({ type: fc.constant("response.output_item.done"), item }),
  fc.record({
    type: fc.constant("response.completed"),
    response: fc.record({ output: fc.array(item, { maxLength: 2 }) }),
  }),
  fc.constant({ type: "response.created", response: {} }),
  fc.constant({ type: "response.in_progress", response: {} }),
  fc.record({ type: fc.constantFrom("custom", "response.unheard_of") }),
  fc.record({ type: fc.constant("response.web_search_call.searching"), item_id: id }),
);

const part = fc.oneof(
  fc
    .tuple(text, fc.option(id, { nil: undefined }))
    .map(([t, i]) => ev.text(t, i === "" ? undefined : i)),
  text.map((t) => ev.reasoning(t)),
  text.map((t) => ev.refusal(t)),
  callId.map((c) => ev.call(c, "f", { a: 1 })),
  fc.tuple(callId, text).map(([c, t]) => ev.callArgs(c, t, "f")),
  fc.tuple(callId, text).map(([c, t]) => ev.result(c, t)),
  fc.constant(ev.cite("https://example.org/", "Title")),
  fc.constant(ev.usage(1, 2)),
  fc.constant(ev.custom("note", { a: 1 })),
  item.map((i) => ev.item(i as never)),
);

const garbage = fc.constantFrom(42, null, undefined, {}, true, Symbol("s"));
/** What an author may yield, in any order, legal or not. */
export const yields = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 6, arbitrary: part },
    { weight: 8, arbitrary: raw },
    { weight: 1, arbitrary: garbage },
    { weight: 1, arbitrary: fc.constant(ev.incomplete("max_output_tokens")) },
  ),
  { maxLength: 25 },
);
/** How the server may be set. */
export const options = fc.record({
  serverTools: fc.constantFrom(undefined, "pair", "mcp_call", "hidden"),
  defaultServerTools: fc.constantFrom("pair", "mcp_call"),
  declared: fc.constantFrom([], ["f"]),
  customEvents: fc.boolean(),
}) as fc.Arbitrary<Parameters<typeof assemble>[1]>;
