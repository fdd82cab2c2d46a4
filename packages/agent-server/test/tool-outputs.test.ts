import { type InputItem, isAppError } from "@wheelhouse/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkToolOutputs } from "../src/wire/responses/tool-outputs.js";

const KINDS = ["function_call", "custom_tool_call", "computer_call", "local_shell_call"] as const;
const OTHERS = ["apply_patch_call", "shell_call"] as const;

function refusal(items: readonly object[]): string | undefined {
  try {
    checkToolOutputs(items as InputItem[]);
    return undefined;
  } catch (error) {
    if (!isAppError(error) || error.code !== "invalid_request" || error.param !== "input")
      throw error;
    return error.message;
  }
}

test("an output of a call before it passes, of each kind", () => {
  for (const type of [...KINDS, ...OTHERS]) {
    const call = { type, call_id: "c1" };
    const output = { type: `${type}_output`, call_id: "c1" };
    expect(refusal([call, output])).toBeUndefined();
    // Clients repeat an output; the call is no less there.
    expect(refusal([call, { type: "message" }, output, output])).toBeUndefined();
    expect(refusal([output, call])).toMatch(
      /^No tool call found for [a-z ]+ output with call_id c1\.$/,
    );
  }
});

test("an output without its call is refused in OpenAI's words", () => {
  expect(refusal([{ type: "function_call_output", call_id: "call_x" }])).toBe(
    "No tool call found for function call output with call_id call_x.",
  );
  expect(
    refusal([
      { type: "function_call", call_id: "c1" },
      { type: "custom_tool_call_output", call_id: "c1" },
    ]),
  ).toBe("No tool call found for custom tool call output with call_id c1.");
  expect(refusal([{ type: "shell_call" }, { type: "shell_call_output" }])).toBe(
    "No tool call found for shell call output with call_id (none).",
  );
});

test("a local shell's output may name its call by id", () => {
  const call = { type: "local_shell_call", id: "lsh_1", call_id: "c1" };
  const output = (id: string) => ({ type: "local_shell_call_output", id });
  expect(refusal([call, output("c1"), output("lsh_1")])).toBeUndefined();
  expect(refusal([call, output("lsh_2")])).toContain("lsh_2");
});

test("an approval needs its request", () => {
  const response = { type: "mcp_approval_response", approval_request_id: "mcpr_1" };
  expect(refusal([{ type: "mcp_approval_request", id: "mcpr_1" }, response])).toBeUndefined();
  expect(refusal([{ type: "mcp_approval_request", id: "mcpr_2" }, response])).toBe(
    "No approval request found for approval response with approval_request_id mcpr_1.",
  );
});

test("the first output without a call before it is the one named", () => {
  const id = fc.constantFrom("a", "b", "c");
  const item = fc.record({
    type: fc.constantFrom(...KINDS).chain((type) => fc.constantFrom(type, `${type}_output`)),
    call_id: id,
  });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), (items) => {
      const first = items.find(
        ({ type, call_id }, at) =>
          type.endsWith("_output") &&
          !items
            .slice(0, at)
            .some((call) => `${call.type}_output` === type && call.call_id === call_id),
      );
      expect(refusal(items)).toBe(
        first &&
          `No tool call found for ${first.type.replaceAll("_", " ")} with call_id ${first.call_id}.`,
      );
    }),
    { numRuns: 500 },
  );
});
