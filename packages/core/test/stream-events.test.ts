import { describe, expect, test } from "vitest";
import { ResponseStreamEvent } from "../src/index.js";
import { refusalOf, without } from "./support/refusal.js";
import { OUTPUT_ITEMS, RESPONSE } from "./support/responses.js";
import { STREAM_EVENTS } from "./support/stream-events.js";

const keysOf = STREAM_EVENTS.flatMap((event) =>
  Object.keys(event).map((key) => [event["type"] as string, key, event] as const),
);

describe("the events of a /responses stream", () => {
  test("are all tested here", () => {
    const types = ResponseStreamEvent.options.map((option) => option.shape.type.value);
    expect(STREAM_EVENTS.map((event) => event["type"])).toEqual(types);
  });

  test.each(STREAM_EVENTS)("$type passes, its unknown fields too", (event) => {
    expect(ResponseStreamEvent.parse({ ...event, trace_id: "tr-0" })).toEqual({
      ...event,
      trace_id: "tr-0",
    });
  });

  test.each(keysOf)("%s without its %s is refused", (_, key, event) => {
    expect(refusalOf(ResponseStreamEvent, without(event, key))?.param).toBe(key);
  });

  test.each(STREAM_EVENTS)("$type counts from 0 in whole numbers", (event) => {
    for (const wrong of [-1, 0.5, "0", null]) {
      const broken = { ...event, sequence_number: wrong };
      expect(refusalOf(ResponseStreamEvent, broken)?.param).toBe("sequence_number");
    }
  });

  test.each([
    ["a type that is none", { type: "response.nope", sequence_number: 0 }, "type"],
    ["no type", { sequence_number: 0 }, "type"],
    [
      "a broken item inside",
      {
        type: "response.output_item.done",
        output_index: 0,
        item: without(OUTPUT_ITEMS.message, "status"),
        sequence_number: 0,
      },
      "item.status",
    ],
    [
      "a broken response inside",
      { type: "response.completed", response: without(RESPONSE, "id"), sequence_number: 0 },
      "response.id",
    ],
    [
      "a negative index",
      { type: "response.mcp_call.failed", item_id: "m", output_index: -1, sequence_number: 0 },
      "output_index",
    ],
  ])("an event with %s is refused", (_, event, param) => {
    expect(refusalOf(ResponseStreamEvent, event)?.param).toBe(param);
  });
});
