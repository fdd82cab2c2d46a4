import { ev } from "@wheelhouse/agent-sdk";
import type { ToolChoice } from "@wheelhouse/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toolChoiceRule } from "../src/run/tool-choice.js";
import { options, yields } from "./support/arbitrary-yields.js";
import { type AnyEvent, assemble, newAssembler, outputOf } from "./support/assemble.js";
import { sequenceFaults } from "./support/sequence-faults.js";

const allowed = (mode: string | undefined, ...names: string[]): ToolChoice => ({
  type: "allowed_tools",
  ...(mode === undefined ? {} : { mode }),
  tools: names.map((name) => ({ type: "function", name })),
});

const NO_TOOL = 'The agent called no tool, though tool_choice is "required".';
const NOT_F = "The agent did not call the function that tool_choice names: f.";
const NO_ALLOWED = "The agent called none of the tools of which tool_choice requires one.";

/** Whether f and g are allowed; what is missing after no call, a call of g, a call without a name. */
const TABLE: [ToolChoice | undefined | null, boolean, boolean, (string | undefined)[]][] = [
  [undefined, true, true, [undefined, undefined, undefined]],
  [null, true, true, [undefined, undefined, undefined]],
  ["auto", true, true, [undefined, undefined, undefined]],
  ["something", true, true, [undefined, undefined, undefined]],
  [{ type: "web_search" }, true, true, [undefined, undefined, undefined]],
  [{ type: "function" }, true, true, [undefined, undefined, undefined]],
  [{ type: "allowed_tools" }, true, true, [undefined, undefined, undefined]],
  ["none", false, false, [undefined, undefined, undefined]],
  ["required", true, true, [NO_TOOL, undefined, undefined]],
  [{ type: "function", name: "f" }, true, false, [NOT_F, NOT_F, NOT_F]],
  [{ type: "function", function: { name: "f" } }, true, false, [NOT_F, NOT_F, NOT_F]],
  [allowed(undefined, "f"), true, false, [undefined, undefined, undefined]],
  [allowed("auto", "f"), true, false, [undefined, undefined, undefined]],
  [allowed("required", "f"), true, false, [NO_ALLOWED, NO_ALLOWED, NO_ALLOWED]],
  [allowed("required", "g"), false, true, [NO_ALLOWED, undefined, NO_ALLOWED]],
  [allowed("required"), false, false, [undefined, undefined, undefined]],
  [allowed("auto"), false, false, [undefined, undefined, undefined]],
  [
    { type: "allowed_tools", mode: "required", tools: [{ type: "web_search" }, null] },
    false,
    false,
    [NO_ALLOWED, undefined, undefined],
  ],
];

test.each(TABLE)("what %j allows and demands", (choice, f, g, missing) => {
  const rule = toolChoiceRule(choice);
  expect([rule.allows("f"), rule.allows("g")]).toEqual([f, g]);
  expect([rule.missing([]), rule.missing(["g"]), rule.missing([""])]).toEqual(missing);
});

/** The names of all function calls that any event tells of. */
function namesIn(events: readonly AnyEvent[]): string[] {
  const items = events.flatMap((event) => {
    const { item, response } = event as { item?: AnyEvent; response?: { output: AnyEvent[] } };
    return [...(item === undefined ? [] : [item]), ...(response?.output ?? [])];
  });
  return items.filter(({ type }) => type === "function_call").map((item) => item["name"] as string);
}

test("whatever an author yields, no call that is not allowed is told of", () => {
  const choice = fc.constantFrom<ToolChoice>(
    "none",
    { type: "function", name: "g" },
    allowed("auto", "g"),
    allowed("required", "g", "h"),
  );
  fc.assert(
    fc.property(yields, options, choice, (given, how, toolChoice) => {
      const events = assemble(given, { ...how, toolChoice });
      expect(sequenceFaults(events)).toEqual([]);
      const rule = toolChoiceRule(toolChoice);
      expect(namesIn(events).filter((name) => !rule.allows(name))).toEqual([]);
    }),
    { numRuns: 1500 },
  );
});

test("nothing of a suppressed call is sent, nor of its result, and the rest is", () => {
  const events = assemble(
    [
      "before",
      {
        type: "response.output_item.added",
        item: { type: "function_call", id: "i", call_id: "c1", name: "f" },
      },
      { type: "response.function_call_arguments.delta", item_id: "i", delta: "{" },
      { type: "response.function_call_arguments.done", item_id: "i", arguments: "{}" },
      {
        type: "response.output_item.done",
        item: { type: "function_call", id: "i", call_id: "c1", name: "f", arguments: "{}" },
      },
      ev.result("c1", "the result"),
      ev.call("c2", "g", {}),
      "after",
    ],
    { declared: ["f", "g"], toolChoice: allowed("auto", "g") },
  );
  expect(JSON.stringify(events)).not.toMatch(/"c1"|"f"|the result/);
  expect(outputOf(events).map((item) => item["name"] ?? item.type)).toEqual([
    "message",
    "g",
    "message",
  ]);
  expect(events.at(-1)!.type).toBe("response.completed");
});

test("a held call that would go to the client is suppressed when that is known", () => {
  const call = ev.call("c1", "f", {});
  for (const given of [[call], [call, "text"], [call, "text", ev.result("c1", "late")]]) {
    const events = assemble(given, { toolChoice: "none" });
    expect(outputOf(events).map(({ type }) => type)).toEqual(given.length > 1 ? ["message"] : []);
  }
});

test("tools that the agent runs itself are not the client's to forbid", () => {
  for (const toolChoice of ["none", allowed("auto", "g")] as const) {
    const events = assemble([ev.call("c1", "f", {}), ev.result("c1", "ok")], { toolChoice });
    expect(outputOf(events)).toMatchObject([{ type: "mcp_call", name: "f", output: "ok" }]);
  }
});

test("a demanded call that does not come fails the run, with what there is of it", () => {
  const events = assemble(["just text", ev.call("c1", "g", {})], {
    toolChoice: { type: "function", name: "f" },
  });
  expect(sequenceFaults(events)).toEqual([]);
  expect(events.at(-1)).toMatchObject({
    type: "response.failed",
    response: { error: { code: "invalid_agent_output", message: NOT_F } },
  });
  expect(outputOf(events).map(({ type }) => type)).toEqual(["message"]);
});

test("any call does where one is required: a function, the agent's own, another type", () => {
  for (const given of [
    [ev.call("c1", "f", {})],
    [ev.call("c1", "f", {}), ev.result("c1", "ok")],
    [ev.item({ type: "shell_call", id: "sh_1" })],
    [
      {
        type: "response.output_item.added",
        item: { type: "custom_tool_call", id: "i", name: "f" },
      },
    ],
  ])
    expect(assemble(given, { toolChoice: "required" }).at(-1)!.type).toBe("response.completed");
  expect(assemble(["text"], { toolChoice: "required" }).at(-1)!.type).toBe("response.failed");
});

test("an answer that was cut short need not have come to the call", () => {
  const events = assemble(["text", ev.incomplete("max_output_tokens")], { toolChoice: "required" });
  expect(events.at(-1)!.type).toBe("response.incomplete");
});

test("end throws, and a failure after it is legal", () => {
  const assembler = newAssembler({ toolChoice: "required" });
  const events = [...assembler.start(), ...assembler.accept("text")];
  expect(() => assembler.end()).toThrow(NO_TOOL);
  const failure = { code: "invalid_agent_output", type: "server_error", message: "m", param: null };
  expect(sequenceFaults([...events, ...assembler.fail(failure)])).toEqual([]);
});
