import type { AgentContext, AgentRequest, InputItem, OutputItem } from "@wheelhouse/core";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type ApprovalDecision,
  type CrashPolicy,
  ev,
  type Handler,
  invoke,
  type InvokeFunction,
  type OverlapPolicy,
  stream,
  type StreamFunction,
} from "../src/index.js";

// tsc checks this file: an expected error that does not come is an error itself.
const schema = z.object({ k: z.number(), locale: z.enum(["en", "de"]).default("en") });

describe("types", () => {
  test("custom inputs are inferred from the schema", () => {
    const handler = stream({ customInputs: schema }, async function* (request, context) {
      expectTypeOf(request.custom_inputs).toEqualTypeOf<{ k: number; locale: "en" | "de" }>();
      expectTypeOf(request.custom_inputs.k).toEqualTypeOf<number>();
      expectTypeOf(request.input).toEqualTypeOf<InputItem[]>();
      expectTypeOf(request.input_text).toEqualTypeOf<string>();
      expectTypeOf(context).toEqualTypeOf<AgentContext>();
      // @ts-expect-error there is no such custom input
      yield request.custom_inputs.nope;
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<"stream", { k: number; locale: "en" | "de" }>>();
    interface Own {
      k: number;
    }
    const own: z.ZodType<Own> = z.object({ k: z.number() });
    const typed = invoke({ customInputs: own }, (request) => String(request.custom_inputs.k));
    expectTypeOf(typed).toExtend<Handler>();
    expectTypeOf(typed).not.toExtend<Handler<"stream">>();
    invoke({ customInputs: schema }, (request) => {
      // @ts-expect-error k is a number
      const text: string = request.custom_inputs.k;
      return text;
    });
    invoke((request) => {
      expectTypeOf(request.custom_inputs).toEqualTypeOf<Record<string, unknown>>();
      return "";
    });
    // @ts-expect-error the annotation asks for what no schema gives
    invoke({}, (request: AgentRequest<{ k: number }>) => String(request.custom_inputs.k));
    // @ts-expect-error the annotation asks for something else than the schema gives
    invoke({ customInputs: schema }, (request: AgentRequest<{ k: string }>) => request.input_text);
  });

  test("what an invoke function may give", () => {
    const item = { type: "message", role: "assistant", content: [] };
    interface Own {
      answer: number;
    }
    const own: Own = { answer: 1 };
    invoke(() => "text");
    invoke(async () => ev.text("part"));
    invoke(() => [ev.text("part"), item]);
    invoke(() => [item] as const);
    invoke(() => ({ output: [item], custom_outputs: { a: 1 }, usage: { input_tokens: 1 } }));
    invoke(() => ({ output: "text" }));
    invoke(() => own);
    invoke(async () => ({ any: { json: ["object"] } }));
    // @ts-expect-error a number is no answer
    invoke(() => 5);
    // @ts-expect-error nor is nothing
    invoke(() => {});
    // @ts-expect-error nor is null
    invoke(async () => null);
    // @ts-expect-error nor is a symbol
    invoke(() => Symbol("a"));
    // @ts-expect-error nor is a function
    invoke(() => () => "a");
    // @ts-expect-error nor are numbers
    invoke(() => [1, 2]);
    // @ts-expect-error nor is a map
    invoke(() => new Map<string, string>());
    // @ts-expect-error nor is an output of another type
    invoke(() => ({ output: 5 }));
    // @ts-expect-error nor is a part that does not exist
    invoke(() => ({ $part: "txt", text: "a" }));
    // @ts-expect-error streams are for stream()
    const handler = invoke(async function* () {
      yield "a";
    });
    expect(handler.kind).toBe("invoke");
  });

  test("what a stream function may give", () => {
    stream(() => ["a", ev.text("b"), { type: "response.output_text.delta", delta: "c" }]);
    stream(function* () {
      yield "a";
    });
    stream(async function* () {
      yield "a";
      yield ev.usage(1, 2);
      yield { type: "custom", any: 1 };
    });
    stream(() => new ReadableStream<string>());
    stream(async () => ["a"]);
    // @ts-expect-error numbers are not yielded
    stream(async function* () {
      yield 5;
    });
    // @ts-expect-error an event has a type
    stream(async function* () {
      yield { delta: "a" };
    });
    // @ts-expect-error a part that does not exist
    stream(async function* () {
      yield { $part: "txt", text: "a" };
    });
    // @ts-expect-error a lone string is no stream
    stream(() => "text");
    // @ts-expect-error nothing is no stream
    const handler = stream(() => {});
    expect(handler.kind).toBe("stream");
  });

  test("options are checked", () => {
    // @ts-expect-error there is no such option
    expect(() => invoke({ timeout: 5 }, () => "")).toThrow(TypeError);
    // @ts-expect-error there is no such policy
    expect(() => invoke({ disconnect: "stop" }, () => "")).toThrow(TypeError);
    // @ts-expect-error there is no such policy
    expect(() => invoke({ onCrash: "retry" }, () => "")).toThrow(TypeError);
    // @ts-expect-error there is no such policy
    expect(() => invoke({ overlap: "wait" }, () => "")).toThrow(TypeError);
    // @ts-expect-error a schema is asked for
    expect(() => invoke({ customInputs: {} }, () => "")).toThrow(TypeError);
  });

  test("a context's calls give what they were given", () => {
    const handler = invoke(async (_request, context) => {
      expectTypeOf(context.recoveredItems).toEqualTypeOf<readonly OutputItem[]>();
      const plain = await context.step("plain", (signal) => {
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return { rows: 3 };
      });
      expectTypeOf(plain).toEqualTypeOf<{ rows: number }>();
      const later = context.step("later", async () => ["a"]);
      expectTypeOf(later).toEqualTypeOf<Promise<string[]>>();
      // @ts-expect-error a step has a function
      void context.step("none");
      const decision = await context.approve("send_mail", { to: "ann" });
      expectTypeOf(decision).toEqualTypeOf<ApprovalDecision>();
      expectTypeOf(decision.approve).toEqualTypeOf<boolean>();
      expectTypeOf(decision.reason).toEqualTypeOf<string | undefined>();
      expectTypeOf(decision.approvalRequestId).toEqualTypeOf<string>();
      return decision.approve ? "sent" : "kept";
    });
    expectTypeOf(handler.options.onCrash).toEqualTypeOf<CrashPolicy>();
    expectTypeOf(handler.options.overlap).toEqualTypeOf<OverlapPolicy>();
    expect(handler.kind).toBe("invoke");
  });

  test("decorators check the methods they are on", () => {
    class Fits {
      @invoke()
      answer(request: AgentRequest, context: AgentContext) {
        return `${request.input_text} ${context.responseId}`;
      }
      @stream({ customInputs: schema })
      async *chat(request: AgentRequest<z.infer<typeof schema>>) {
        yield String(request.custom_inputs.k);
      }
    }
    expectTypeOf(new Fits().answer).returns.toEqualTypeOf<string>();
    class DoesNotFit {
      // @ts-expect-error a number is no answer
      @invoke({ name: "number" })
      number() {
        return 5;
      }
      // @ts-expect-error the schema gives no such custom input
      @stream({ customInputs: schema, name: "inputs" })
      async *inputs(request: AgentRequest<{ nope: string }>) {
        yield request.custom_inputs.nope;
      }
      // @ts-expect-error an answer is no stream
      @stream({ name: "answer" })
      answer() {
        return { output: "a" };
      }
    }
    expectTypeOf<typeof DoesNotFit>().toBeConstructibleWith();
  });

  test("decorators refuse static and private members", () => {
    const build = (): unknown =>
      class {
        // @ts-expect-error a static member belongs to no instance
        @invoke()
        static answer() {
          return "";
        }
        use() {}
      };
    expectTypeOf(build).toBeFunction();
  });

  test("entering a registry keeps the function's type", () => {
    const entered = (): unknown => {
      const fn = invoke()(async (request: AgentRequest) => request.input_text);
      expectTypeOf(fn).toEqualTypeOf<(request: AgentRequest) => Promise<string>>();
      // @ts-expect-error a number is no answer
      return invoke()(() => 5);
    };
    expectTypeOf(entered).toBeFunction();
    expectTypeOf<InvokeFunction<{ k: number }>>().parameter(0).toHaveProperty("custom_inputs");
    expectTypeOf<StreamFunction>().parameter(1).toEqualTypeOf<AgentContext>();
  });
});
