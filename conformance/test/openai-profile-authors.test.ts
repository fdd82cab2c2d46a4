import { ev, invoke } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  DONE,
  frames,
  IN,
  json,
  looseStream,
  message,
  ofType,
  post,
  serve,
  STREAM,
  streamed,
  TEXT_ITEM,
  texts,
  yielding,
  type Json,
} from "./support/index.js";

describe("what authors yield is made legal", () => {
  test("R20 several texts may be open at once", async () => {
    const { events, final } = await yielding(
      ev.text("a1", "a"),
      ev.text("b1", "b"),
      ev.text("a2", "a"),
      ev.text("b2", "b"),
    );
    expect(texts(final)).toEqual(["a1a2", "b1b2"]);
    const deltas = ofType(events, "response.output_text.delta");
    expect(deltas.map((event) => event["output_index"])).toEqual([0, 1, 0, 1]);
  });

  test("R20 raw deltas of several items too", async () => {
    const { final } = await yielding(
      { type: "response.output_text.delta", item_id: "a", delta: "a1" },
      { type: "response.output_text.delta", item_id: "b", delta: "b1" },
      { type: "response.output_text.delta", item_id: "a", delta: "a2" },
      { type: "response.output_item.done", item: message("b1", "b") },
      { type: "response.output_item.done", item: message("a1a2", "a") },
    );
    expect(final["output"].map((item: Json) => item["id"])).toEqual(["a", "b"]);
    expect(texts(final)).toEqual(["a1a2", "b1"]);
  });

  test("R21 an id that was used gets another one", async () => {
    const call = { type: "function_call", id: "m1", call_id: "c1", name: "f", arguments: "{}" };
    const { final } = await yielding(
      DELTA,
      DONE,
      { ...DONE, item: message("another") },
      { ...DONE, item: call },
    );
    const ids = final["output"].map((item: Json) => item["id"]);
    expect(final["output"].map((item: Json) => item["type"])).toEqual([
      "message",
      "message",
      "function_call",
    ]);
    expect(texts(final).slice(0, 2)).toEqual(["hi", "another"]);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toBe("m1");
  });

  test("R21 in an invoke's output too", async () => {
    await using served = await serve({
      agents: invoke(() => ({ output: [message("a", "same"), message("b", "same")] })),
    });
    const { output } = await json(await post(`${served.url}/responses`, IN));
    expect(output.map((item: Json) => item["content"][0].text)).toEqual(["a", "b"]);
    expect(new Set(output.map((item: Json) => item["id"])).size).toBe(2);
  });

  test("R22 a text that came as deltas is not sent again with the item", async () => {
    const { events } = await yielding({ ...DELTA, delta: "h" }, { ...DELTA, delta: "i" }, DONE);
    const deltas = ofType(events, "response.output_text.delta").map((event) => event["delta"]);
    expect(deltas.join("")).toBe("hi");
    expect(ofType(events, "response.output_item.done")).toHaveLength(1);
  });

  test("R22 an item without deltas gets them", async () => {
    const { types, events } = await yielding(DONE);
    expect(types.slice(2, -1)).toEqual(TEXT_ITEM);
    expect(ofType(events, "response.output_text.delta")[0]!["delta"]).toBe("hi");
  });

  test("R22 deltas without an item get one at the end", async () => {
    const { final } = await yielding(DELTA, { ...DELTA, delta: " there" });
    expect(texts(final)).toEqual(["hi there"]);
    expect(final["output"][0]).toMatchObject({ id: "m1", status: "completed" });
  });

  test("R23 a model's own life cycle is neither doubled nor nested", async () => {
    const model = (id: string, text: string) => [
      { type: "response.created", response: { id, output: [] }, sequence_number: 0 },
      { type: "response.in_progress", response: { id, output: [] }, sequence_number: 1 },
      {
        type: "response.output_item.added",
        output_index: 0,
        item: { ...message("", `${id}_m`), status: "in_progress", content: [] },
        sequence_number: 2,
      },
      {
        type: "response.content_part.added",
        item_id: `${id}_m`,
        output_index: 0,
        content_index: 0,
        part: { type: "output_text", text: "", annotations: [] },
        sequence_number: 3,
      },
      {
        type: "response.output_text.delta",
        item_id: `${id}_m`,
        output_index: 0,
        content_index: 0,
        delta: text,
        sequence_number: 4,
      },
      {
        type: "response.output_text.done",
        item_id: `${id}_m`,
        output_index: 0,
        content_index: 0,
        text,
        sequence_number: 5,
      },
      {
        type: "response.content_part.done",
        item_id: `${id}_m`,
        output_index: 0,
        content_index: 0,
        part: { type: "output_text", text, annotations: [] },
        sequence_number: 6,
      },
      {
        type: "response.output_item.done",
        output_index: 0,
        item: message(text, `${id}_m`),
        sequence_number: 7,
      },
      {
        type: "response.completed",
        response: { id, status: "completed", output: [message(text, `${id}_m`)] },
        sequence_number: 8,
      },
    ];
    const { types, final } = await yielding(...model("r1", "one"), ...model("r2", "two"));
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      ...TEXT_ITEM,
      ...TEXT_ITEM,
      "response.completed",
    ]);
    expect(texts(final)).toEqual(["one", "two"]);
  });

  test("R39 a model's answer that breaks off fails the response", async () => {
    const { final } = await yielding(
      { type: "response.created", response: { id: "resp_upstream" } },
      DELTA,
    );
    expect(final).toMatchObject({ status: "failed", error: { message: expect.any(String) } });
  });

  test("R32 events of the author's own are sent only when they are asked for", async () => {
    const agent = looseStream(async function* custom() {
      yield { type: "custom", x: 1 };
      yield ev.custom("progress", { percent: 5 });
      yield "hi";
    });
    const { types } = await streamed(agent);
    expect(types.every((type) => type.startsWith("response."))).toBe(true);
    await using served = await serve({ agents: agent });
    const asked = await post(`${served.url}/responses`, {
      ...STREAM,
      include: ["wheelhouse.events"],
    });
    const data = (await frames(asked)).map((frame) => frame.data);
    expect(data.some((text) => text.includes("progress") && text.includes('"percent":5'))).toBe(
      true,
    );
    for (const text of data.slice(0, -1)) expect(JSON.parse(text)).not.toHaveProperty("error");
  });

  test("R38 nothing that a strict client does not know is sent", async () => {
    const { types } = await yielding(
      { type: "response.reasoning.delta", item_id: "r", delta: "x" },
      { type: "keepalive" },
      { type: "acme:note", text: "x" },
      "hi",
    );
    expect(types).not.toEqual(expect.arrayContaining(["response.reasoning.delta"]));
    expect(types).not.toEqual(expect.arrayContaining(["keepalive"]));
    expect(types).not.toEqual(expect.arrayContaining(["acme:note"]));
  });
});
