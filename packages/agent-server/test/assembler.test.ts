import { ev } from "@wheelhouse/agent-sdk";
import { expect, test } from "vitest";
import { assemble, newAssembler, outputOf, textOf } from "./support/assemble.js";
import { sequenceFaults } from "./support/sequence-faults.js";

const delta = (itemId: string, text: string) => ({
  type: "response.output_text.delta",
  item_id: itemId,
  delta: text,
});
const done = (id: string, text: string) => ({
  type: "response.output_item.done",
  item: {
    type: "message",
    id,
    role: "assistant",
    content: [{ type: "output_text", text, annotations: [] }],
  },
});
const types = (events: readonly { type: string }[]): string[] => events.map(({ type }) => type);

test("a delta and a done item of MLflow's sparse form become a whole life cycle, the text once", () => {
  const events = assemble([delta("m1", "hi"), done("m1", "hi")]);
  expect(types(events)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(outputOf(events)).toEqual([
    {
      type: "message",
      id: "m1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "hi", annotations: [], logprobs: [] }],
    },
  ]);
});

test("a done item that says more than was streamed brings only the rest", () => {
  const events = assemble([delta("m1", "Hel"), done("m1", "Hello")]);
  const deltas = events.filter(({ type }) => type === "response.output_text.delta");
  expect(deltas.map((event) => event["delta"])).toEqual(["Hel", "lo"]);
  expect(textOf(events)).toBe("Hello");
});

test("a done item under another id than its deltas is the same message", () => {
  const events = assemble([delta("tmp", "hi"), done("m1", "hi")]);
  expect(textOf(events)).toBe("hi");
  expect(outputOf(events)).toHaveLength(1);
});

test("two messages that are open at once do not mix", () => {
  const events = assemble([delta("a", "1"), delta("b", "2"), delta("a", "3"), delta("b", "4")]);
  expect(outputOf(events).map((item) => item["id"])).toEqual(["a", "b"]);
  expect(JSON.stringify(outputOf(events))).toMatch(/"13".*"24"/);
  expect(sequenceFaults(events)).toEqual([]);
});

test("an id that a message and a call share is given to one of them only", () => {
  const events = assemble([
    done("x", "hi"),
    {
      type: "response.output_item.done",
      item: { type: "function_call", id: "x", call_id: "c", name: "f", arguments: "{}" },
    },
  ]);
  const ids = outputOf(events).map((item) => item["id"]);
  expect(ids[0]).toBe("x");
  expect(new Set(ids).size).toBe(2);
});

test("an upstream model's own life cycles are not forwarded, its usage adds up", () => {
  const turn = (text: string) => [
    { type: "response.created", response: { id: "resp_upstream" } },
    { type: "response.in_progress", response: { id: "resp_upstream" } },
    delta("m1", text),
    done("m1", text),
    {
      type: "response.completed",
      response: {
        id: "resp_upstream",
        output: [done("m1", text).item],
        usage: { input_tokens: 2, output_tokens: 3 },
      },
    },
  ];
  const events = assemble([...turn("one"), ...turn("two")]);
  expect(sequenceFaults(events)).toEqual([]);
  expect(types(events).filter((type) => type === "response.completed")).toHaveLength(1);
  expect(JSON.stringify(events)).not.toContain("resp_upstream");
  expect(textOf(events)).toBe("onetwo");
  expect(events.at(-1)!["response"]).toMatchObject({
    usage: { input_tokens: 4, output_tokens: 6, total_tokens: 10 },
  });
});

test("a raw life cycle that is begun and not ended is a failure", () => {
  const events = assemble([{ type: "response.created", response: {} }, delta("m1", "hi")]);
  expect(events.at(-1)!.type).toBe("response.failed");
  expect(events.at(-1)!["response"]).toMatchObject({ error: { code: "agent_error" } });
});

test("a whole response object as the only event brings its output", () => {
  const events = assemble([
    { type: "response.completed", response: { output: [done("m1", "hi").item] } },
  ]);
  expect(textOf(events)).toBe("hi");
});

test("a call of a function the client declared goes out at once", () => {
  const assembler = newAssembler({ declared: ["f"] });
  assembler.start();
  expect(types(assembler.accept(ev.call("c1", "f", { a: 1 })))).toEqual([
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
  ]);
});

test("a call without a result is the client's to run, with one it was the agent's", () => {
  const [asked] = outputOf(assemble([ev.call("c1", "f", { a: 1 })]));
  expect(asked).toMatchObject({
    type: "function_call",
    call_id: "c1",
    arguments: '{"a":1}',
    status: "completed",
  });
  const [ran, ...more] = outputOf(assemble([ev.call("c1", "f", {}), ev.result("c1", "42")]));
  expect(ran).toMatchObject({ type: "mcp_call", name: "f", output: "42", status: "completed" });
  expect(more).toEqual([]);
});

test("serverTools says how the agent's own tools show", () => {
  const yields = [ev.call("c1", "f", {}), ev.result("c1", "42"), "done"];
  const shown = (serverTools: "pair" | "mcp_call" | "hidden") =>
    outputOf(assemble(yields, { serverTools })).map(({ type }) => type);
  expect(shown("pair")).toEqual(["function_call", "function_call_output", "message"]);
  expect(shown("mcp_call")).toEqual(["mcp_call", "message"]);
  expect(shown("hidden")).toEqual(["message"]);
});

test("with serverTools mcp_call a slow tool shows before its result is there", () => {
  const assembler = newAssembler({ serverTools: "mcp_call" });
  assembler.start();
  expect(types(assembler.accept(ev.call("c1", "f", {})))).toContain(
    "response.mcp_call.in_progress",
  );
});

test("a failing tool is a failed mcp_call", () => {
  const [item] = outputOf(
    assemble([ev.call("c1", "f", {}), ev.result("c1", "no such row", { isError: true })]),
  );
  expect(item).toMatchObject({ status: "failed", error: "no such row", output: null });
});

test("argument pieces add up", () => {
  const [item] = outputOf(
    assemble([ev.callArgs("c1", '{"a"', "f"), ev.callArgs("c1", ":1}")], { declared: ["f"] }),
  );
  expect(item).toMatchObject({ type: "function_call", name: "f", arguments: '{"a":1}' });
});

test("a citation covers the text before it", () => {
  const [message] = outputOf(assemble(["See here.", ev.cite("https://example.org/", "Here")]));
  expect(message!["content"]).toMatchObject([
    {
      annotations: [
        {
          type: "url_citation",
          url: "https://example.org/",
          title: "Here",
          start_index: 0,
          end_index: 9,
        },
      ],
    },
  ]);
});

test("incomplete ends the answer: the open item and the response are incomplete", () => {
  const events = assemble(["half an ans", ev.incomplete("max_output_tokens"), "never said"]);
  expect(events.at(-1)).toMatchObject({
    type: "response.incomplete",
    response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
  });
  expect(outputOf(events)[0]).toMatchObject({ status: "incomplete" });
  expect(textOf(events)).toBe("half an ans");
});

test("a failure closes what is open as incomplete and is told both flat and nested", () => {
  const events = assemble(["half", 42]);
  const [error, failed] = events.slice(-2);
  expect(error).toMatchObject({
    type: "error",
    code: "invalid_agent_output",
    message: expect.stringContaining("got a number"),
    error: { code: "invalid_agent_output", type: "server_error" },
  });
  expect(failed).toMatchObject({ type: "response.failed", response: { status: "failed" } });
  expect(outputOf(events)[0]).toMatchObject({ status: "incomplete" });
});

test("custom events go out only to a client that asked for them", () => {
  expect(types(assemble([ev.custom("note", 1)]))).not.toContain("wheelhouse:note");
  expect(types(assemble([ev.custom("note", 1)], { customEvents: true }))).toContain(
    "wheelhouse:note",
  );
});

test("an author's object that changes after it was given changes nothing", () => {
  const item = done("m1", "before").item;
  const assembler = newAssembler();
  assembler.start();
  assembler.accept(ev.item(item));
  item.content[0]!.text = "after";
  expect(JSON.stringify(assembler.end())).toContain("before");
});

test("a whole result gives the sequence that streaming it would", () => {
  const assembler = newAssembler();
  const events = [
    ...assembler.start(),
    ...assembler.acceptResult({
      output: [done("m1", "hi").item],
      usage: { input_tokens: 1, output_tokens: 2 },
      custom_outputs: { k: 1 },
      metadata: { a: "b", n: 1 },
    }),
    ...assembler.end(),
  ];
  expect(sequenceFaults(events)).toEqual([]);
  expect(events.at(-1)!["response"]).toMatchObject({
    usage: { total_tokens: 3 },
    custom_outputs: { k: 1 },
    metadata: { a: "b" },
  });
});
