import type { Agent, AgentContext, AgentHandler } from "@wheelhouse/core";
import { AppError } from "@wheelhouse/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveAgents } from "../src/index.js";
import { type Bundles, bundle } from "./support/bundle.js";
import { abortReason, makeContext, makeRequest } from "./support/run-parts.js";

let bundles: Bundles;
let agents: Map<string, Agent & { close(): Promise<void> }>;

beforeAll(async () => {
  bundles = await bundle("test/fixtures/calling-agents.ts");
  const namespace = (await import(/* @vite-ignore */ bundles.url("calling-agents"))) as Record<
    string,
    unknown
  >;
  agents = new Map(resolveAgents(namespace).map((agent) => [agent.name, agent]));
});

afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.close()));
  await bundles.remove();
});

const handler = (name: string): AgentHandler => agents.get(name)!.invoke!;

/** Steps that are remembered as the engine does it: one promise a name. */
function remembering(known: Record<string, unknown> = {}) {
  const results = new Map<string, Promise<unknown>>(
    Object.entries(known).map(([name, value]) => [name, Promise.resolve(value)]),
  );
  const step: AgentContext["step"] = (name, fn) => {
    let result = results.get(name);
    if (result === undefined) {
      result = (async () => fn(new AbortController().signal))();
      results.set(name, result);
      result.catch(() => results.delete(name));
    }
    return result as never;
  };
  return { step, results };
}

test("steps of a worker run in its thread, once, and are remembered where the run is", async () => {
  const { step, results } = remembering();
  const recoveredItems = [{ type: "message", id: "m1" }] as never;
  const given = await handler("stepping").run(makeRequest(), makeContext({ step, recoveredItems }));
  expect(given).toEqual({
    both: [{ ran: 1 }, { ran: 1 }],
    later: { ran: 1 },
    ran: 1,
    failed: "RangeError: no",
    uncloneable: expect.stringContaining("JSON"),
    kept: recoveredItems,
  });
  expect(await results.get("one")).toEqual({ ran: 1 });
});

test("a step that is remembered is not run again in the thread", async () => {
  const { step } = remembering({ one: { ran: 99 } });
  const given = await handler("stepping").run(makeRequest(), makeContext({ step }));
  expect(given).toMatchObject({ both: [{ ran: 99 }, { ran: 99 }], ran: 0 });
});

test("an approval asks the run, and a pause is the reason that its signal has", async () => {
  const controller = new AbortController();
  const asked: unknown[] = [];
  const approve: AgentContext["approve"] = async (name, args) => {
    asked.push([name, args]);
    if (asked.length === 1) return { approve: true, reason: "ok", approvalRequestId: "r1" };
    const reason = new AppError("approval_pending");
    controller.abort(reason);
    throw reason;
  };
  const context = makeContext({ approve, signal: controller.signal });
  const given = await handler("asking").run(makeRequest(), context);
  expect(given).toEqual({
    first: { approve: true, reason: "ok", approvalRequestId: "r1" },
    thrown: "approval_pending",
    same: true,
  });
  expect(asked).toEqual([
    ["delete", { file: "a" }],
    ["delete", { file: "b" }],
  ]);
});

test("a step that nobody waits for holds nothing up, and has failed when the run is over", async () => {
  const { step, results } = remembering();
  let never: Promise<unknown> | undefined;
  const watching: AgentContext["step"] = (name, fn) => {
    const result = step(name, fn);
    never = results.get("never");
    return result;
  };
  expect(await handler("careless").run(makeRequest(), makeContext({ step: watching }))).toBe(
    "done",
  );
  await expect(never).rejects.toThrow("over");
  expect(await handler("careless").run(makeRequest(), makeContext({ step }))).toBe("done");
});

test("the signal of a step in the thread aborts with the run's", async () => {
  const controller = new AbortController();
  const reason = abortReason("cancelled");
  const { step } = remembering();
  const running = handler("stuck").run(
    makeRequest(),
    makeContext({ step, signal: controller.signal }),
  );
  setTimeout(() => controller.abort(reason), 50);
  await expect(running).rejects.toBe(reason);
});
