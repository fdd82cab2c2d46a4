import { afterEach, describe, expect, test } from "vitest";
import {
  createRegistry,
  defaultRegistry,
  getInvokeFunction,
  getStreamFunction,
  invoke,
  isHandler,
  resolveAgents,
  stream,
} from "../src/index.js";
import { makeContext, makeRequest } from "./support/run-parts.js";

afterEach(() => defaultRegistry().clear());

describe("invoke(fn) and stream(fn)", () => {
  test("give a frozen handler and register nothing", async () => {
    const hello = invoke(function answer(request) {
      return `you said ${request.input_text}`;
    });
    expect(isHandler(hello)).toBe(true);
    expect(Object.isFrozen(hello) && Object.isFrozen(hello.options)).toBe(true);
    expect(hello.kind).toBe("invoke");
    expect(hello.name).toBe("answer");
    expect(await hello.run(makeRequest("hi"), makeContext())).toBe("you said hi");
    expect(getInvokeFunction()).toBeUndefined();
  });

  test("fill in every option", () => {
    expect(stream(() => []).options).toEqual({
      name: "agent",
      customInputs: undefined,
      timeoutMs: undefined,
      disconnect: "cancel",
      concurrency: undefined,
      maxQueued: 100,
      derive: true,
      serverTools: undefined,
      onCrash: "fail",
      overlap: "reject",
      worker: undefined,
    });
  });

  test("take the agent's name for a function without one", () => {
    expect(invoke({ name: "rag" }, () => "").name).toBe("rag");
  });

  test("hand on what the function gives as it is", () => {
    const values = ["a", "b"];
    expect(stream(() => values).run(makeRequest(), makeContext())).toBe(values);
  });
});

describe("invoke()(fn) and stream()(fn)", () => {
  test("enter the default registry and give the function back", () => {
    const answer = (): string => "hi";
    const pieces = (): string[] => ["hi"];
    expect(invoke()(answer)).toBe(answer);
    expect(stream({ name: "other" })(pieces)).toBe(pieces);
    expect(getInvokeFunction()).toBe(answer);
    expect(getStreamFunction()).toBe(pieces);
    expect(
      defaultRegistry()
        .handlers()
        .map((handler) => handler.options.name),
    ).toEqual(["agent", "other"]);
  });

  test("B58 refuse a second one of a kind, and keep the first", () => {
    const first = invoke()(() => "first");
    expect(() => invoke()(() => "second")).toThrow(/^invoke decorator can only be used once$/);
    expect(getInvokeFunction()).toBe(first);
    stream()(() => []);
    expect(() => stream()(() => [])).toThrow(/^stream decorator can only be used once$/);
  });

  test("B59 leave other registries alone", () => {
    const one = createRegistry();
    const other = createRegistry();
    one.invoke()(() => "one");
    other.invoke()(() => "other");
    expect(() => one.invoke()(() => "more")).toThrow("invoke decorator can only be used once");
    expect(getInvokeFunction()).toBeUndefined();
    const answers = [one, other].map((registry) =>
      resolveAgents([registry])[0]!.invoke!.run(makeRequest(), makeContext()),
    );
    expect(answers).toEqual(["one", "other"]);
    one.clear();
    expect(one.getInvokeFunction()).toBeUndefined();
  });
});

describe("wrong calls", () => {
  const untyped = invoke as (...args: unknown[]) => (...args: unknown[]) => unknown;
  test.each<[string, () => unknown, RegExp]>([
    [
      "options without a function",
      () => untyped({}, 5),
      /second argument of invoke\(options, fn\)/,
    ],
    ["arguments turned round", () => untyped(() => "", {}), /invoke\(options, fn\) in this order/],
    ["no parentheses", () => untyped(() => "", { kind: "method" }), /@invoke\(\) with parentheses/],
    ["a string for options", () => untyped("rag"), /options of an agent must be an object/],
    ["an array for options", () => untyped([]), /options of an agent must be an object/],
    ["null for options", () => untyped(null), /options of an agent must be an object/],
    ["no function at last", () => untyped()(5), /takes a function/],
    ["options at last", () => untyped()(() => "", {}), /takes one function/],
    ["an old decorator", () => untyped()({}, "answer", {}), /experimentalDecorators/],
    ["an old decorator of a field", () => untyped()({}, "answer"), /experimentalDecorators/],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  });
});
