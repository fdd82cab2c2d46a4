import { describe, expect, test } from "vitest";
import {
  type AgentRequest,
  getInvokeFunction,
  invoke,
  resolveAgents,
  stream,
} from "../src/index.js";
import { makeContext, makeRequest, readAll } from "./support/run-parts.js";

function answerOf(source: unknown, name = "agent"): unknown {
  const agent = resolveAgents([source]).find((candidate) => candidate.name === name);
  return agent!.invoke!.run(makeRequest("hi"), makeContext());
}

class Support {
  readonly #greeting: string;
  constructor(greeting: string) {
    this.#greeting = greeting;
  }
  @invoke()
  async answer(request: AgentRequest) {
    return `${this.#greeting} ${request.input_text}`;
  }
  @stream()
  async *chat(request: AgentRequest) {
    yield this.#greeting;
    yield request.input_text;
  }
  @stream({ name: "billing" })
  *bill() {
    yield "5 EUR";
  }
}

describe("@invoke() and @stream()", () => {
  test("bind an instance's methods to agents by name", async () => {
    const agents = resolveAgents([new Support("hello")]);
    expect(agents.map(({ name }) => name)).toEqual(["agent", "billing"]);
    const [agent, billing] = agents;
    expect(await agent!.invoke!.run(makeRequest("ann"), makeContext())).toBe("hello ann");
    expect(await readAll(agent!.stream!.run(makeRequest("ann"), makeContext()))).toEqual([
      "hello",
      "ann",
    ]);
    expect(billing!.invoke).toBeUndefined();
    expect(billing!.stream!.name).toBe("bill");
  });

  test("leave the class, its methods and the default registry as they are", () => {
    expect(new Support("a").answer).toBe(new Support("b").answer);
    expect(Object.keys(new Support("a"))).toEqual([]);
    expect(getInvokeFunction()).toBeUndefined();
  });

  test("keep instances apart", async () => {
    expect(await answerOf(new Support("one"))).toBe("one hi");
    expect(await answerOf(new Support("two"))).toBe("two hi");
  });

  test("work for a class that is built twice", async () => {
    const build = (answer: string): new () => object =>
      class Answering {
        @invoke()
        answer() {
          return answer;
        }
      };
    const [First, Second] = [build("first"), build("second")];
    expect(answerOf(new First())).toBe("first");
    expect(answerOf(new Second())).toBe("second");
    expect(answerOf(First)).toBe("first");
  });

  test("are inherited: as they are, overridden, decorated anew, and more of them", async () => {
    class Quiet extends Support {}
    class Loud extends Support {
      override async answer() {
        return "LOUD";
      }
    }
    class Renamed extends Support {
      @invoke({ name: "renamed" })
      override async answer() {
        return "renamed";
      }
      @invoke({ name: "extra" })
      more() {
        return "more";
      }
    }
    expect(await answerOf(new Quiet("still"))).toBe("still hi");
    expect(await answerOf(new Loud(""))).toBe("LOUD");
    const names = resolveAgents([new Renamed("")]).map(({ name, invoke: half }) =>
      half === undefined ? `${name}-` : name,
    );
    expect(names.toSorted()).toEqual(["agent-", "billing-", "extra", "renamed"]);
    expect(resolveAgents([new Support("")]).map(({ name }) => name)).toEqual(["agent", "billing"]);
  });

  test("go on a method with a symbol for a name", async () => {
    const key = Symbol("answer");
    class WithSymbol {
      @invoke()
      [key]() {
        return "by symbol";
      }
    }
    const [agent] = resolveAgents([new WithSymbol()]);
    expect(agent!.invoke!.name).toBe("answer");
    expect(await agent!.invoke!.run(makeRequest(), makeContext())).toBe("by symbol");
  });

  test("twice with one name and kind in a class are an error that names both members", () => {
    const build = (): unknown =>
      class {
        @invoke()
        first() {
          return "";
        }
        @invoke()
        second() {
          return "";
        }
      };
    expect(build).toThrow(TypeError);
    expect(build).toThrow(/"first" and "second" are both the invoke function of agent "agent"/);
    const extend = (): unknown =>
      class extends Support {
        @stream({ name: "billing" })
        *invoiced() {
          yield "";
        }
      };
    expect(extend).toThrow(/"bill" and "invoiced" are both the stream function of agent "billing"/);
  });

  test("are refused on what is not a public method of instances", () => {
    const decorate = invoke() as unknown as (value: unknown, context: unknown) => void;
    const method = { kind: "method", name: "answer", private: false, static: false, metadata: {} };
    const apply = (changes: object) => () => decorate(() => "", { ...method, ...changes });
    expect(apply({})).not.toThrow();
    expect(apply({ private: true, name: "#answer" })).toThrow(/private member "#answer"/);
    expect(apply({ static: true })).toThrow(/static member "answer"/);
    expect(apply({ kind: "field" })).toThrow(/"answer" is a field/);
    expect(apply({ kind: "getter" })).toThrow(/"answer" is a getter/);
    expect(apply({ kind: "class", name: "Support" })).toThrow(/"Support" is a class/);
    expect(apply({ metadata: undefined })).toThrow(/no decorator metadata/);
    expect(apply({ static: true })).toThrow(TypeError);
  });

  test("are refused by real private and static members", () => {
    const untyped = invoke() as unknown as (value: unknown, context: unknown) => void;
    expect(
      () =>
        class {
          @untyped
          static answer() {
            return "";
          }
          use() {}
        },
    ).toThrow(/static member/);
    expect(
      () =>
        class {
          @untyped
          #answer() {
            return "";
          }
          use() {
            return this.#answer();
          }
        },
    ).toThrow(/private member/);
  });

  test("a class that needs no arguments is constructed", async () => {
    class Plain {
      @invoke()
      answer() {
        return "plain";
      }
    }
    expect(answerOf(Plain)).toBe("plain");
    expect(() => resolveAgents([Support])).toThrow(/class .*Support, whose constructor takes arg/);
  });
});
