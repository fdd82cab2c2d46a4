import { describe, expect, test } from "vitest";
import { AssistantEvent, AssistantItem, TurnStatus } from "../src/index.js";
import { refusalOf, without } from "./support/refusal.js";

const turn = { turn_id: "turn_1" };
const text = { kind: "agent_message", id: "i1", text: "hi" };
const usage = { input_tokens: 1, output_tokens: 2, cost_usd: null };

/** One of each event, with nothing that could be left out. */
const EVENTS: Record<string, unknown>[] = [
  { type: "message.accepted", message_id: "m1", text: "hi" },
  { type: "message.queued", message_id: "m1", position: 1 },
  { type: "turn.started", ...turn, message_ids: ["m1"] },
  { type: "turn.completed", ...turn, status: "completed" },
  { type: "item.started", ...turn, item_id: "i1", item: text },
  { type: "item.delta", ...turn, item_id: "i1", channel: "text", delta: "h" },
  { type: "item.completed", ...turn, item_id: "i1", item: text },
  { type: "item.retracted", ...turn, item_id: "i1" },
  {
    type: "request.opened",
    ...turn,
    request_id: "r1",
    kind: "permission",
    tool_name: "Bash",
    tool_input: { command: "ls" },
  },
  { type: "request.resolved", ...turn, request_id: "r1", outcome: "allowed" },
  { type: "usage.updated", ...turn, usage },
  { type: "notice", level: "info", text: "Compacting." },
];

/** Passed on whatever it is, so that its payload may be anything, nothing too. */
const RAW = { type: "raw", ...turn, provider: "claude_code", payload: { any: 1 } };

describe("the events of a session's log", () => {
  test("are all tested here", () => {
    const types = AssistantEvent.options.map((option) => option.shape.type.value);
    expect([...EVENTS, RAW].map((event) => event["type"])).toEqual(types);
  });

  test.each([...EVENTS, RAW])("$type passes, its unknown fields too", (event) => {
    expect(AssistantEvent.parse({ ...event, seq: 1 })).toEqual({ ...event, seq: 1 });
  });

  test.each(
    EVENTS.flatMap((event) =>
      Object.keys(event).map((key) => [event["type"], key, event] as const),
    ),
  )("%s without its %s is refused", (_, key, event) => {
    expect(refusalOf(AssistantEvent, without(event, key))?.param).toBe(key);
  });

  test.each([
    [{ type: "nope" }, "type"],
    [{ type: "turn.completed", ...turn, status: "paused" }, "status"],
    [{ type: "turn.completed", ...turn, status: "failed", error: { code: "x" } }, "error.message"],
    [{ type: "item.delta", ...turn, item_id: "i", channel: "nope", delta: "" }, "channel"],
    [{ type: "item.started", ...turn, item_id: "i", item: { kind: "nope" } }, "item.kind"],
    [{ type: "request.resolved", ...turn, request_id: "r", outcome: "maybe" }, "outcome"],
    [
      { type: "usage.updated", ...turn, usage: { ...usage, input_tokens: -1 } },
      "usage.input_tokens",
    ],
    [{ type: "notice", level: "fatal", text: "" }, "level"],
  ])("%o is refused, naming its %s", (event, param) => {
    expect(refusalOf(AssistantEvent, event)?.param).toBe(param);
  });

  test("a turn ends in one of three ways", () => {
    expect(TurnStatus.options).toEqual(["completed", "interrupted", "failed"]);
    for (const status of TurnStatus.options) {
      expect(AssistantEvent.safeParse({ type: "turn.completed", ...turn, status }).success).toBe(
        true,
      );
    }
  });
});

describe("the items of a session", () => {
  test.each([
    text,
    { kind: "user_message", id: "i", text: "" },
    { kind: "reasoning", id: "i", text: "hm" },
    { kind: "tool_call", id: "i", name: "Bash", input: {} },
    { kind: "tool_call", id: "i", name: "Bash", input: {}, output: null, is_error: true },
  ])("$kind passes", (item) => {
    expect(AssistantItem.parse(item)).toEqual(item);
  });

  test.each([
    [{ kind: "nope", id: "i" }, "kind"],
    [{ kind: "user_message", id: "i" }, "text"],
    [{ kind: "tool_call", id: "i", name: "Bash", input: "ls" }, "input"],
  ])("%o is refused, naming its %s", (item, param) => {
    expect(refusalOf(AssistantItem, item)?.param).toBe(param);
  });
});
