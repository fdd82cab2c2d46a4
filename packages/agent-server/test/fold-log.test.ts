import { ev } from "@wheelhouse/agent-sdk";
import type { LogEntry } from "@wheelhouse/store";
import fc from "fast-check";
import { expect, test } from "vitest";
import { closeOpenItems } from "../src/stored/close-open-items.js";
import { foldLog, LogFold } from "../src/stored/fold-log.js";
import { options, yields } from "./support/arbitrary-yields.js";
import { type AnyEvent, assemble, newAssembler, outputOf } from "./support/assemble.js";
import { sequenceFaults } from "./support/sequence-faults.js";

const entriesOf = (events: readonly AnyEvent[]): LogEntry[] =>
  events.map((event, seq) => ({ seq, type: event.type, data: JSON.stringify(event) }));

/** The events of a run that was cut off, closed and ended as a failure. */
function closed(cut: readonly AnyEvent[]): AnyEvent[] {
  const fold = new LogFold();
  for (const entry of entriesOf(cut)) fold.add(entry);
  const { open, terminal, response } = fold.state();
  if (terminal) return [...cut];
  const end = closeOpenItems(open) as AnyEvent[];
  for (const entry of entriesOf(end)) fold.add(entry);
  const after = fold.state();
  expect(after.open).toEqual([]);
  return [
    ...cut,
    ...end,
    { type: "response.failed", response: { ...response, status: "failed", output: after.done } },
  ];
}

test("a run that was cut anywhere and closed is a legal sequence", () => {
  fc.assert(
    fc.property(yields, options, (given, how) => {
      const events = assemble(given, how);
      for (let end = 2; end <= events.length; end++)
        expect(sequenceFaults(closed(events.slice(0, end)))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test("the fold of a whole run is its final output", () => {
  fc.assert(
    fc.property(yields, options, (given, how) => {
      const events = assemble(given, how);
      const folded = foldLog(entriesOf(events));
      expect(folded.done).toEqual(outputOf(events));
      expect(folded.response).toEqual(JSON.parse(JSON.stringify(events.at(-1)!["response"])));
      expect(folded.ids).toEqual(new Set(outputOf(events).map((item) => item["id"])));
      expect(folded).toMatchObject({
        claimed: outputOf(events).length,
        open: [],
        terminal: true,
        lastSeq: events.length - 1,
      });
    }),
    { numRuns: 300 },
  );
});

test("what a damaged entry says is passed over, whatever it is", () => {
  const data = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({
        output_index: fc.constantFrom(0, 1, -1, 1e300, "0", null),
        content_index: fc.constantFrom(0, null, {}),
        item: fc.constantFrom(null, [], {}, { type: "message" }, { type: 1, id: 2 }),
        part: fc.constantFrom(null, 1, {}, { type: "toString" }),
        delta: fc.constantFrom(null, 1, "x"),
        response: fc.constantFrom(null, {}, { output: null }, { output: [null, {}] }),
      })
      .map((fields) => JSON.stringify(fields)),
  );
  const events = assemble([ev.reasoning("r"), "text", ev.call("c", "f", {})], { declared: ["f"] });
  const types = [...new Set(events.map(({ type }) => type)), "unheard.of", "response.unheard_of"];
  const damaged = fc.record({ type: fc.constantFrom(...types), data, seq: fc.nat() });
  fc.assert(
    fc.property(fc.array(damaged, { maxLength: 30 }), (entries) => {
      const folded = foldLog(entries);
      expect(folded.lastSeq).toBe(entries.at(-1)?.seq ?? -1);
      closeOpenItems(folded.open);
    }),
    { numRuns: 1000 },
  );
});

test("a second in_progress is a reset: its snapshot's output stays, what was open is void", () => {
  const assembler = newAssembler();
  const first = [
    ...assembler.start(),
    ...assembler.accept(ev.item({ type: "message", id: "m1", content: "kept" })),
    ...assembler.accept(ev.item({ type: "message", id: "m2", content: "given up" })),
    ...assembler.accept("half"),
  ] as AnyEvent[];
  const { done, response } = foldLog(entriesOf(first));
  const snapshot = { ...response, output: done.slice(0, 1) };
  const before = foldLog(entriesOf(first));
  const after = foldLog(
    entriesOf([...first, { type: "response.in_progress", response: snapshot }]),
  );
  expect(before.done.map(({ id }) => id)).toEqual(["m1", "m2"]);
  expect(before.open).toHaveLength(1);
  expect(after.done.map(({ id }) => id)).toEqual(["m1"]);
  expect(after.open).toEqual([]);
  expect(after.response).toEqual(snapshot);
  // Clients have seen these: the next attempt takes other ids and indexes.
  expect(after.claimed).toBe(3);
  expect(after.ids.has("m2")).toBe(true);
  expect(after.ids.size).toBe(3);
});

test("an item of the next attempt stands behind the snapshot's", () => {
  const message = (id: string) => ({ type: "message", id, role: "assistant", content: [] });
  const folded = foldLog(
    entriesOf([
      { type: "response.created", response: { id: "r", output: [] } },
      { type: "response.in_progress", response: { id: "r", output: [] } },
      { type: "response.output_item.done", output_index: 0, item: message("a") },
      { type: "response.in_progress", response: { id: "r", output: [message("a")] } },
      { type: "response.output_item.done", output_index: 2, item: message("c") },
      { type: "response.output_item.done", output_index: 1, item: message("b") },
    ]),
  );
  expect(folded.done.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

test("an empty log is nothing", () => {
  expect(foldLog([])).toEqual({
    response: undefined,
    claimed: 0,
    ids: new Set(),
    done: [],
    open: [],
    terminal: false,
    lastSeq: -1,
  });
});

test("a lost call of the agent's own failed, with the arguments as streamed", () => {
  const assembler = newAssembler({ serverTools: "mcp_call" });
  const events = [
    ...assembler.start(),
    ...assembler.accept(ev.callArgs("c1", '{"a"', "f")),
  ] as AnyEvent[];
  const end = closeOpenItems(foldLog(entriesOf(events)).open) as AnyEvent[];
  expect(end.map(({ type }) => type)).toEqual([
    "response.mcp_call_arguments.done",
    "response.mcp_call.failed",
    "response.output_item.done",
  ]);
  expect(end.at(-1)!["item"]).toMatchObject({
    arguments: '{"a"',
    output: null,
    error: "The run was interrupted before the tool gave a result.",
    status: "incomplete",
  });
});

test("a hundred thousand deltas over a thousand parts fold in linear time", () => {
  const place = { item_id: "m", output_index: 0 };
  const entries = entriesOf([
    { type: "response.output_item.added", output_index: 0, item: { type: "message", id: "m" } },
    ...Array.from({ length: 1000 }, (_, at) => ({
      type: "response.content_part.added",
      ...place,
      content_index: at,
      part: { type: "output_text" },
    })),
    ...Array.from({ length: 100_000 }, (_, at) => ({
      type: "response.output_text.delta",
      ...place,
      content_index: at % 1000,
      delta: "abc",
    })),
  ]);
  const folded = foldLog(entries);
  expect(folded.open[0]!.content.get(999)!.text).toBe("abc".repeat(100));
});
