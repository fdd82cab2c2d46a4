import { describe, expect, test } from "vitest";
import { type Accumulated, accumulate, outputText, type StreamEvent } from "../src/index.js";
import { ID, lifeOf, message, response } from "./support/events.js";

const all = (events: readonly object[]): Accumulated | undefined =>
  (events as StreamEvent[]).reduce<Accumulated | undefined>(accumulate, undefined);
const textOf = (state: Accumulated | undefined): string =>
  outputText({ output: [...(state?.output ?? [])] });

describe("accumulate", () => {
  const events = lifeOf(["Hello ", "world"]);

  test("has the text after every event", () => {
    const texts: string[] = [];
    let state: Accumulated | undefined;
    for (const event of events) {
      state = accumulate(state, event);
      texts.push(textOf(state));
    }
    expect(texts).toEqual(["", "", "", "Hello ", "Hello world", "Hello world", "Hello world"]);
    expect(state).toMatchObject({ responseId: ID, status: "completed" });
  });

  test("changes nothing that it gave before", () => {
    const before = all(events.slice(0, 4));
    const copy = structuredClone(before);
    accumulate(before, events[4]!);
    expect(before).toEqual(copy);
  });

  test("a second in_progress makes void what its snapshot has not", () => {
    const at = { item_id: "msg_1", output_index: 0, content_index: 0, logprobs: [] };
    const snapshot = response("in_progress", { output: [message("Kept ", "msg_1")] });
    const state = all([
      ...events.slice(0, 4),
      { type: "response.output_item.added", output_index: 1, item: message("gone", "msg_2") },
      { type: "response.in_progress", response: snapshot },
      { type: "response.output_text.delta", ...at, delta: "and on" },
    ]);
    expect(textOf(state)).toBe("Kept and on");
    expect(state?.output).toHaveLength(1);
  });

  test("adds up calls, reasoning, refusals and citations", () => {
    const item = (fields: object): object => ({
      type: "response.output_item.added",
      output_index: 0,
      item: fields,
    });
    const call = { type: "function_call", id: "fc_1", call_id: "c", name: "f", arguments: "" };
    const state = all([
      item(call),
      { type: "response.function_call_arguments.delta", item_id: "fc_1", delta: '{"a"' },
      { type: "response.function_call_arguments.delta", item_id: "fc_1", delta: ":1}" },
      item({ type: "reasoning", id: "rs_1", summary: [] }),
      {
        type: "response.reasoning_summary_text.delta",
        item_id: "rs_1",
        summary_index: 0,
        delta: "why",
      },
      { type: "response.reasoning_text.delta", item_id: "rs_1", content_index: 0, delta: "raw" },
      item({ type: "message", id: "m", role: "assistant", status: "in_progress", content: [] }),
      { type: "response.refusal.delta", item_id: "m", content_index: 0, delta: "No." },
      { type: "response.output_text.delta", item_id: "m", content_index: 1, delta: "x" },
      {
        type: "response.output_text.annotation.added",
        item_id: "m",
        content_index: 1,
        annotation_index: 0,
        annotation: { type: "url_citation" },
      },
    ]);
    expect(state?.output).toEqual([
      { ...call, arguments: '{"a":1}' },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "why" }],
        content: [{ type: "reasoning_text", text: "raw" }],
      },
      expect.objectContaining({
        content: [
          { type: "refusal", refusal: "No." },
          { type: "output_text", text: "x", annotations: [{ type: "url_citation" }] },
        ],
      }),
    ]);
  });

  test("passes over what it does not know and what fits nowhere", () => {
    const before = all(events.slice(0, 4));
    const odd = [
      { type: "wheelhouse:progress" },
      { type: "response.output_text.delta", item_id: "none", content_index: 0, delta: "x" },
      { type: "response.output_text.delta", item_id: "msg_1", content_index: 1e9, delta: "x" },
    ] as unknown as StreamEvent[];
    expect(odd.reduce<Accumulated | undefined>(accumulate, before)?.output).toEqual(before?.output);
  });
});
