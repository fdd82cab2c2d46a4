import type { Agent } from "@wheelhouse/core";
import { afterEach, describe, expect, test } from "vitest";
import { createRegistry, defaultRegistry, invoke, resolveAgents, stream } from "../src/index.js";
import { makeContext, makeRequest } from "./support/run-parts.js";

afterEach(() => defaultRegistry().clear());

const answer = invoke(() => "answer");
const pieces = stream(() => ["pieces"]);
const rag = stream({ name: "rag", derive: false }, () => ["rag"]);

describe("resolveAgents", () => {
  test("groups handlers by name and derives nothing", () => {
    const [agent, other, ...more] = resolveAgents([answer, rag, pieces]);
    expect(more).toEqual([]);
    expect(agent).toMatchObject({ name: "agent", invoke: answer, stream: pieces });
    expect(other).toMatchObject({ name: "rag", invoke: undefined, stream: rag });
    expect(other!.stream!.options.derive).toBe(false);
  });

  test("takes a module's exports and skips those that are no agents", () => {
    const module = { answer, default: answer, helper: () => 1, config: { a: 1 }, limit: 5 };
    expect(resolveAgents(module)).toHaveLength(1);
  });

  test("takes an instance and not the class that is exported beside it", () => {
    class Support {
      @invoke()
      answer() {
        return "support";
      }
    }
    const support = new Support();
    expect(resolveAgents({ Support, support, default: support })).toHaveLength(1);
  });

  test("takes ready-made agents, merges them and closes them", async () => {
    let closed = 0;
    const ready: Agent = {
      name: "agent",
      invoke: answer,
      stream: undefined,
      close: async () => void closed++,
    };
    const [agent] = resolveAgents([ready, pieces]);
    expect(agent).toMatchObject({ name: "agent", invoke: answer, stream: pieces });
    await agent!.close();
    expect(closed).toBe(1);
  });

  test("names both of two with one name and kind", () => {
    const again = invoke(() => "again");
    expect(() => resolveAgents({ answer, again })).toThrow(
      /export "answer" and export "again" are both the invoke function of agent "agent"/,
    );
    expect(() => resolveAgents([answer, again])).toThrow(/agents\[0\] and agents\[1\]/);
  });

  test("falls back to the default registry only when asked and nothing else is there", () => {
    invoke()(function registered() {
      return "registered";
    });
    const options = { fallbackToDefaultRegistry: true };
    const [agent] = resolveAgents({ config: {} }, options);
    expect(agent!.name).toBe("agent");
    expect(agent!.invoke!.name).toBe("registered");
    expect(agent!.invoke!.run(makeRequest(), makeContext())).toBe("registered");
    expect(resolveAgents({ rag }, options).map(({ name }) => name)).toEqual(["rag"]);
    expect(() => resolveAgents({ config: {} })).toThrow("no agent found");
  });

  test("lists what it found when there is no agent", () => {
    class NeedsDb {
      readonly db: unknown;
      constructor(db: unknown) {
        this.db = db;
      }
      @invoke()
      answer() {
        return "";
      }
    }
    class Plain {
      answer = "";
    }
    const module = {
      NeedsDb,
      Plain,
      helper: () => 1,
      config: {},
      limit: 5,
      nothing: null,
      list: [],
      registry: createRegistry(),
    };
    const resolve = (): unknown => resolveAgents(module, { fallbackToDefaultRegistry: true });
    for (const part of [
      /export "NeedsDb" is the class _?NeedsDb, whose constructor takes arguments/,
      /export "Plain" is the class Plain, which has no @invoke\(\)/,
      /export "helper" is a function: wrap it in invoke\(fn\)/,
      /export "config" is an object/,
      /export "limit" is a number/,
      /export "nothing" is null/,
      /export "list" is an array/,
      /export "registry" is an empty registry/,
    ]) {
      expect(resolve).toThrow(part);
    }
    expect(() => resolveAgents([])).toThrow(/no agent found: there is nothing at all/);
  });

  test("refuses what is no agent in a list that was written by hand", () => {
    expect(() => resolveAgents([answer, 5])).toThrow(/agents\[1\] is a number, not an agent/);
    expect(() => resolveAgents([() => "hi"])).toThrow(/wrap it in invoke\(fn\) or stream\(fn\)/);
  });
});
