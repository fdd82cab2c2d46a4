import type { AgentRequest } from "@wheelhouse/core";
import { ev, stream } from "@wheelhouse/agent-sdk";

/** The pieces in which {@link greeter} says what it says. */
export const GREETING = ["Hello ", "from ", "the agent."];

/** What {@link greeter} says. */
export const GREETING_TEXT = GREETING.join("");

/** Says {@link GREETING}, piece by piece, and states what it took. */
export const greeter = stream(async function* greeter() {
  yield* GREETING;
  yield ev.usage(11, 7);
});

/** Thinks in two steps, then answers `4`. */
export const thinker = stream(async function* thinker() {
  yield ev.reasoning("Two and two: ");
  yield ev.reasoning("four.");
  yield "4";
});

/** What {@link thinker} thinks. */
export const THOUGHT = "Two and two: four.";

/** Leaves the function `get_weather` to the client, and tells what it gave. */
export const forecaster = stream(async function* forecaster(request) {
  const result = lastFunctionResult(request);
  if (result !== undefined) {
    yield `The weather is ${result}.`;
    return;
  }
  const offered = request.tools?.map((tool) => tool.name) ?? [];
  if (!offered.includes("get_weather")) throw new Error(`offered: ${JSON.stringify(offered)}`);
  yield ev.call("call_weather", "get_weather", { city: "Paris" });
});

/** Runs its tool `lookup` itself, and answers with what that gave. */
export const librarian = stream(async function* librarian() {
  yield ev.call("call_lookup", "lookup", { topic: "answer" });
  yield ev.result("call_lookup", "42");
  yield "The answer is 42.";
});

/** Tells what roles and texts it was sent: `user: hi | assistant: …`. */
export const historian = stream(async function* historian(request) {
  yield request.input
    .flatMap((item) => ("role" in item ? [`${String(item.role)}: ${textOf(item.content)}`] : []))
    .join(" | ");
});

/** Answers with a JSON text, as a model does that was asked for a schema. */
export const cityAsJson = stream(async function* cityAsJson() {
  yield '{"city":"Paris",';
  yield '"population":2100000}';
});

/** Asks a person before it deletes, and tells what became of it. */
export const careful = stream(async function* careful(_request, context) {
  const { approve } = await context.approve("delete", { file: "a.txt" });
  yield approve ? "It is gone." : "It is still there.";
});

/** The output of the last function that a client ran; undefined without one. */
function lastFunctionResult(request: AgentRequest): string | undefined {
  const item = request.input.findLast(({ type }) => type === "function_call_output");
  if (item === undefined || !("output" in item)) return undefined;
  return typeof item.output === "string" ? item.output : JSON.stringify(item.output);
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: { text?: string }) => part.text ?? "").join("");
}
