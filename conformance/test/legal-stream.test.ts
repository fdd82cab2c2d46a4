import { beforeAll, describe, expect, test } from "vitest";
import { type Frame, frames, IN, type Json, legalStream, post, S, serve } from "./support/index.js";

// The judge of the life cycle is only worth what it refuses: each rule is broken once.
describe("the judge of a stream", () => {
  let legal: Frame[] = [];

  beforeAll(async () => {
    await using served = await serve({ agents: S });
    legal = await frames(await post(`${served.url}/responses`, { ...IN, stream: true }));
  });

  /** The stream with the event of a type changed, left out (undefined) or made into several. */
  const changed = (type: string, change: (event: Json) => Json[]): Frame[] =>
    legal.flatMap((frame) => {
      if (frame.event !== type) return [frame];
      const events = change(JSON.parse(frame.data) as Json);
      return events.map((event) => ({ event: event["type"], data: JSON.stringify(event) }));
    });

  /** The same, numbered again. */
  const renumbered = (all: Frame[]): Frame[] =>
    all.map((frame, at) =>
      frame.data === "[DONE]"
        ? frame
        : { ...frame, data: JSON.stringify({ ...JSON.parse(frame.data), sequence_number: at }) },
    );

  test("accepts what the server sends", () => {
    expect(legalStream(legal).final["status"]).toBe("completed");
  });

  test.each<[string, string, (event: Json) => Json[]]>([
    ["R7", "response.in_progress", () => []],
    ["R8", "response.output_text.delta", (event) => [{ ...event, sequence_number: 9 }]],
    ["R9", "response.completed", (event) => [withResponse(event, { id: "resp_other" })]],
    ["R10", "response.output_item.added", () => []],
    ["R10", "response.output_item.done", () => []],
    ["R10", "response.output_text.delta", (event) => [{ ...event, item_id: "other" }]],
    ["R11", "response.output_item.added", (event) => [{ ...event, output_index: 1 }]],
    ["R11", "response.completed", (event) => [withResponse(event, { output: [] })]],
    ["R12", "response.output_text.delta", (event) => [event, event]],
    ["R12", "response.output_text.delta", () => []],
    ["R12", "response.output_text.done", (event) => [{ ...event, text: "other" }]],
    ["R14", "response.completed", (event) => [event, event]],
    ["R14", "response.completed", () => []],
    ["R21", "response.output_item.done", (event) => [event, again(event)]],
    ["R38", "response.output_text.delta", (event) => [{ ...event, type: "response.new.delta" }]],
    ["R38", "response.completed", (event) => [withResponse(event, { usage: undefined })]],
  ])("%s breaks in %s", (rule, type, change) => {
    const broken = changed(type, change);
    const given = rule === "R8" ? broken : renumbered(broken);
    expect(() => legalStream(given)).toThrow(new RegExp(`^${rule} `));
  });

  test("R13 breaks in an event line, an id line", () => {
    expect(() => legalStream(legal.map((frame) => ({ ...frame, event: "x" })))).toThrow(/^R13 /);
    expect(() => legalStream(legal.map((frame) => ({ ...frame, id: "1" })))).toThrow(/^R13 /);
  });

  test("R14 breaks without [DONE]", () => {
    expect(() => legalStream(legal.slice(0, -1))).toThrow("[DONE]");
  });
});

const withResponse = (event: Json, fields: object): Json => ({
  ...event,
  response: { ...event["response"], ...fields },
});

/** A second item with the id of the first. */
const again = ({ item, sequence_number }: Json): Json => ({
  type: "response.output_item.added",
  output_index: 1,
  item: { ...item, status: "in_progress", content: [] },
  sequence_number,
});
