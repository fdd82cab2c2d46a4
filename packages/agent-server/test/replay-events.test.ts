import { ev } from "@wheelhouse/agent-sdk";
import { Response, ResponseStreamEvent } from "@wheelhouse/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { reduceEvents } from "../src/run/reduce.js";
import { replayEvents } from "../src/wire/responses/replay-events.js";
import { options, yields } from "./support/arbitrary-yields.js";
import { type AnyEvent, assemble } from "./support/assemble.js";
import { sequenceFaults } from "./support/sequence-faults.js";

const responseOf = (events: readonly AnyEvent[]): Response =>
  events.at(-1)!["response"] as Response;

const replayed = (response: Response): AnyEvent[] => replayEvents(response);

/** What is the same in a replay: no cut of the deltas, no order of items that were written at once. */
const kinds = (events: readonly AnyEvent[]): string[] => [
  ...new Set(events.map(({ type }) => type)),
];

test("a replay is legal and leads to the response it was made from", () => {
  fc.assert(
    fc.property(yields, options, (given, how) => {
      const response = responseOf(assemble(given, how));
      const before = JSON.stringify(response);
      const events = replayed(response);
      expect(sequenceFaults(events)).toEqual([]);
      expect(reduceEvents(events)).toEqual(response);
      // Without the terminal event the done items alone give the same output.
      expect(reduceEvents(events.slice(0, -1))?.output).toEqual(response.output);
      expect(JSON.stringify(response)).toBe(before);
      expect(replayed(JSON.parse(before) as Response)).toEqual(JSON.parse(JSON.stringify(events)));
    }),
    { numRuns: 1000 },
  );
});

test("every event of a replay is of the union", () => {
  const made = [
    ev.reasoning("r"),
    "text",
    ev.cite("https://example.org/", "Title"),
    ev.refusal("no"),
    ev.call("c1", "f", { a: 1 }),
    ev.call("c2", "g", {}),
    ev.result("c2", "ok"),
    ev.call("c3", "g", {}),
    ev.result("c3", "bad", { isError: true }),
    ev.item({ type: "web_search_call", id: "ws_1" }),
    ev.item({ type: "reasoning", id: "rs_1", summary: [], content: [{ text: "raw" }] }),
  ];
  const original = assemble(made, { declared: ["f"] });
  const events = replayed(responseOf(original));
  for (const [at, event] of events.entries())
    expect(ResponseStreamEvent.safeParse({ ...event, sequence_number: at }).error).toBeUndefined();
  expect(kinds(events).toSorted()).toEqual(kinds(original).toSorted());
});

test("a whole answer is replayed event for event", () => {
  const original = assemble(["one piece", ev.reasoning("thought"), ev.call("c1", "f", {})], {
    declared: ["f"],
  });
  const start = { usage: null, completed_at: null };
  const events = replayed(responseOf(original));
  expect(events).toEqual(original);
  expect(events[0]!["response"]).toMatchObject(start);
});

test("a failed response sends its error first, a cancelled one none", () => {
  const failed = responseOf(assemble(["half", 42]));
  const [error, last] = replayed(failed).slice(-2);
  expect(error).toMatchObject({
    type: "error",
    code: "invalid_agent_output",
    message: failed.error!.message,
    error: { type: "server_error", code: "invalid_agent_output" },
  });
  expect(last).toEqual({ type: "response.failed", response: failed });

  const cancelled: Response = { ...failed, status: "cancelled", error: null };
  const events = replayed(cancelled);
  expect(events.at(-1)).toEqual({ type: "response.failed", response: cancelled });
  expect(kinds(events)).not.toContain("error");
  expect(sequenceFaults(events)).toEqual([]);
});

test("a stored error without a type or with a code of another server's is told all the same", () => {
  const failed = responseOf(assemble([42]));
  const foreign = { ...failed, error: { code: "their_code", message: "Theirs" } };
  expect(replayed(foreign).at(-2)).toMatchObject({
    code: "their_code",
    message: "Theirs",
    error: { type: "server_error" },
  });
  expect(replayed({ ...failed, error: null }).at(-2)).toMatchObject({ code: "internal_error" });
});

test("a response that is not finished has no end yet", () => {
  const response: Response = { ...responseOf(assemble(["a"])), status: "in_progress" };
  expect(replayed(response).at(-1)!.type).toBe("response.output_item.done");
});

test("items that no schema has seen are replayed as they are", () => {
  const response = responseOf(assemble([]));
  const odd = [
    { type: "message", id: "m", role: "assistant", content: [null, { type: "output_audio" }] },
    { type: "reasoning", id: "r" },
    { type: "function_call", id: "f" },
    { type: "mcp_call", id: "x", status: "completed" },
  ] as unknown as Response["output"];
  const events = replayed({ ...response, output: odd });
  expect(reduceEvents(events)?.output).toEqual(odd);
});
