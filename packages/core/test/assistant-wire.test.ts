import { describe, expect, test } from "vitest";
import { AssistantBlock, type AssistantWireEventName, AssistantWireEvents } from "../src/index.js";
import { refusalOf, without } from "./support/refusal.js";

const request = { request_id: "r1", tool_name: "Bash", tool_input: { command: "ls" } };

/** What each of MLflow's events must carry. */
const DATA: Record<AssistantWireEventName, Record<string, unknown>> = {
  message: { message: { role: "assistant", content: [{ text: "hi" }] } },
  stream_event: { event: { type: "content_delta", delta: { text: "h" } } },
  permission_request: request,
  client_tool_call: request,
  done: { result: null, session_id: "s1" },
  error: { error: "boom" },
  interrupted: { message: "Cancelled." },
};
const events = Object.entries(DATA) as [AssistantWireEventName, Record<string, unknown>][];

describe("the events of MLflow's assistant stream", () => {
  test("are all tested here", () => {
    expect(Object.keys(AssistantWireEvents)).toEqual(Object.keys(DATA));
  });

  test.each(events)("%s passes, its unknown fields too", (name, data) => {
    expect(AssistantWireEvents[name].parse({ ...data, more: 1 })).toEqual({ ...data, more: 1 });
  });

  test.each(
    events.flatMap(([name, data]) =>
      Object.keys(data)
        // A done without a result is one whose result is undefined.
        .filter((key) => key !== "result")
        .map((key) => [name, key, data] as const),
    ),
  )("%s without its %s is refused", (name, key, data) => {
    expect(refusalOf(AssistantWireEvents[name], without(data, key))?.param).toBe(key);
  });

  test("B137 usage is a stream event", () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    const data = { event: { type: "usage", usage } };
    expect(AssistantWireEvents.stream_event.parse(data)).toEqual(data);
  });

  test("B147 B192 an error's text is never empty, its code is text", () => {
    expect(refusalOf(AssistantWireEvents.error, { error: "" })?.param).toBe("error");
    expect(refusalOf(AssistantWireEvents.error, { error: "x", error_code: 5 })?.param).toBe(
      "error_code",
    );
    expect(AssistantWireEvents.error.safeParse({ error: "x", session_id: "s" }).success).toBe(true);
  });

  test("B163 a client's tool may end the turn", () => {
    const { client_tool_call: schema } = AssistantWireEvents;
    expect(schema.safeParse({ ...request, continuation: "terminal" }).success).toBe(true);
    expect(refusalOf(schema, { ...request, continuation: "nope" })?.param).toBe("continuation");
  });
});

describe("B136 the blocks of a message", () => {
  test.each([
    { text: "hi" },
    { thinking: "hm", signature: "abc" },
    { id: "t1", name: "Bash", input: {} },
    { type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } },
    { tool_use_id: "t1", content: "out", is_error: false },
    { tool_use_id: "t1", content: [{ type: "text", text: "out" }], is_error: null },
    { tool_use_id: "t1", content: null, is_error: null },
  ])("%o needs no type and keeps what it has", (block) => {
    expect(AssistantBlock.parse(block)).toEqual(block);
    const message = { message: { role: "assistant", content: [block] } };
    expect(AssistantWireEvents.message.parse(message)).toEqual(message);
  });

  test.each([{}, { text: 5 }, { id: "t1", name: "Bash" }, { tool_use_id: "t1", content: 5 }, "hi"])(
    "%o is refused",
    (block) => {
      expect(AssistantBlock.safeParse(block).success).toBe(false);
    },
  );
});
