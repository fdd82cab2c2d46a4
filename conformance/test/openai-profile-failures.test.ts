import { ev, HttpError } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { DELTA, looseStream, streamed, yielding } from "./support/index.js";

describe("a failure in a stream", () => {
  const failing = (thrown: unknown) =>
    streamed(
      looseStream(async function* fails() {
        yield DELTA;
        throw thrown;
      }),
    );

  test("B69 R25 the client reads the message in the error event and in response.failed", async () => {
    const { events, final } = await failing(new HttpError(503, "the model is down"));
    const error = events.at(-2)!;
    expect(error).toMatchObject({
      type: "error",
      message: "the model is down",
      code: expect.any(String),
      error: {
        type: expect.any(String),
        code: expect.any(String),
        message: "the model is down",
      },
    });
    expect(error).toHaveProperty("param");
    expect(error["error"]).toHaveProperty("param");
    expect(final).toMatchObject({
      status: "failed",
      error: { message: "the model is down", code: expect.any(String) },
    });
  });

  test("R25 an item cut short does not say that it is completed", async () => {
    const { final } = await failing(new Error("boom"));
    expect(final["output"]).toHaveLength(1);
    expect(final["output"][0].status).toBe("incomplete");
    expect(final["output"][0].content[0].text).toBe("hi");
  });

  test("R25 before the first event it is a whole life cycle too", async () => {
    const agent = looseStream(() => {
      throw new Error("boom");
    });
    const { types } = await streamed(agent);
    expect(types).toEqual(["response.created", "response.in_progress", "error", "response.failed"]);
  });

  test.each([
    ["42", 42],
    ["null", null],
    ["undefined", undefined],
    ["an object without a type", {}],
    ["a function", () => {}],
    ["an invalid item", { type: "response.output_item.done", item: { type: "nope" } }],
    ["a delta without text", { type: "response.output_text.delta", item_id: "m1" }],
  ])("R25 yielding %s fails the response", async (_, given) => {
    const { types } = await yielding("hi", given, "never sent");
    expect(types.slice(-2)).toEqual(["error", "response.failed"]);
  });

  test("R25 an error event of the author fails the response", async () => {
    const { types, final } = await yielding("hi", { type: "error", message: "mine", code: "c" });
    expect(types.filter((type) => type === "error")).toHaveLength(1);
    expect(final).toMatchObject({ status: "failed", error: { message: "mine" } });
  });
});

describe("an answer that is not whole", () => {
  test("R30 ev.incomplete ends with response.incomplete, its reason and an incomplete item", async () => {
    const { types, final } = await yielding("half an ans", ev.incomplete("max_output_tokens"));
    expect(types.at(-1)).toBe("response.incomplete");
    expect(final).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      error: null,
    });
    expect(final["output"].at(-1)).toMatchObject({
      status: "incomplete",
      content: [{ text: "half an ans" }],
    });
  });
});
