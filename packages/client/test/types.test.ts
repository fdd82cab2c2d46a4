import { describe, expect, expectTypeOf, test } from "vitest";
import type { FunctionCall, OutputMessage } from "@wheelhouse/core";
import {
  type AgentResponse,
  createClient,
  type InvocationEvent,
  type ResponseCreateBody,
  type ResponseStream,
  type StoredItem,
  type StreamEvent,
} from "../src/index.js";

// These hold when the package type-checks; at run time only that nothing throws.
describe("types", () => {
  test("a comparison of `type` leaves the one event", () => {
    const look = (event: StreamEvent): void => {
      if (event.type === "response.output_text.delta")
        expectTypeOf(event.delta).toEqualTypeOf<string>();
      if (event.type === "response.completed")
        expectTypeOf(event.response).toEqualTypeOf<AgentResponse>();
      if (event.type === "error") expectTypeOf(event.message).toEqualTypeOf<string>();
      if (event.type === "response.output_item.done" && event.item.type === "function_call")
        expectTypeOf(event.item).toEqualTypeOf<FunctionCall>();
      if (event.type === "wheelhouse:progress") expectTypeOf(event["data"]).toBeUnknown();
      if ((event.type as string) === "response.brand_new") expectTypeOf(event).toEqualTypeOf(event);
    };
    expect(() => look({ type: "wheelhouse:progress" })).not.toThrow();
  });

  test("a comparison of `type` leaves the one item", () => {
    const look = (item: AgentResponse["output"][number], stored: StoredItem): void => {
      if (item.type === "message") expectTypeOf(item).toEqualTypeOf<OutputMessage>();
      if (item.type === "function_call") expectTypeOf(item.arguments).toEqualTypeOf<string>();
      if (stored.type === "function_call_output") expectTypeOf(stored.call_id).toBeString();
      expectTypeOf(stored.id).toBeString();
    };
    expectTypeOf(look).toBeFunction();
  });

  test("a request is what the API takes", () => {
    const good: ResponseCreateBody[] = [
      { input: "hi" },
      { input: [{ role: "user", content: "hi" }], metadata: { a: "b" }, store: false },
      { input: [{ type: "function_call_output", call_id: "c", output: "1" }, { id: "msg_1" }] },
      { input: "hi", disconnect: { graceMs: 1 }, custom_inputs: { a: 1 }, own_field: true },
      { input: "hi", conversation: "conv_1", background: true, include: ["x"] },
    ];
    expectTypeOf(good).toBeArray();
    // @ts-expect-error -- the method chooses it
    ({ input: "hi", stream: true }) satisfies ResponseCreateBody;
    // @ts-expect-error -- text or items
    ({ input: 5 }) satisfies ResponseCreateBody;
    // @ts-expect-error -- one of three
    ({ input: "hi", disconnect: "later" }) satisfies ResponseCreateBody;
  });

  test("calls give what they say", () => {
    const client = createClient({ baseUrl: "http://127.0.0.1:1" });
    expectTypeOf(client.responses.create).returns.resolves.toEqualTypeOf<AgentResponse>();
    expectTypeOf(client.responses.stream).returns.toEqualTypeOf<ResponseStream>();
    expectTypeOf<ResponseStream>().toExtend<AsyncIterable<StreamEvent>>();
    const custom = (): Promise<{ answer: number }> => client.invocations.invoke({ question: 1 });
    expectTypeOf(custom).returns.resolves.toEqualTypeOf<{ answer: number }>();
    const look = (event: InvocationEvent): void => {
      if (event.type === "response.output_text.delta") expectTypeOf(event.delta).toBeString();
    };
    expectTypeOf(look).toBeFunction();
    // @ts-expect-error -- baseUrl is needed
    void (() => createClient({}));
  });
});
