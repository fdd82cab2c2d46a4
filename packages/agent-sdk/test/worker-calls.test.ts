import { getEventListeners } from "node:events";
import { type Agent, type AgentContext, type AgentHandler, AppError } from "@wheelhouse/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveAgents } from "../src/index.js";
import { type Bundles, bundle } from "./support/bundle.js";
import {
  abortReason,
  makeContext,
  makeRequest,
  readAll,
  rememberedSteps,
  until,
} from "./support/run-parts.js";

let bundles: Bundles;
let agents: (Agent & { close(): Promise<void> })[];

beforeAll(async () => {
  bundles = await bundle("test/fixtures/calling-agents.ts");
  const module = (await import(/* @vite-ignore */ bundles.url("calling-agents"))) as object;
  agents = resolveAgents(module as Record<string, unknown>);
});

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close()));
  await bundles.remove();
});

function half(name: string): AgentHandler {
  const agent = agents.find((candidate) => candidate.name === name);
  return (agent?.invoke ?? agent?.stream)!;
}

function sharedNumbers(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

/** A context whose steps run with this signal instead of the run's. */
function contextWithStepSignal(own: AbortSignal, run?: AbortSignal): AgentContext {
  return makeContext({
    ...(run === undefined ? {} : { signal: run }),
    step: rememberedSteps(own),
  });
}

describe("in a worker thread", () => {
  test("the items of earlier attempts are there", async () => {
    const item = {
      type: "message" as const,
      id: "msg_1",
      role: "assistant" as const,
      status: "completed" as const,
      content: [{ type: "output_text" as const, text: "so far", annotations: [] }],
    };
    const context = makeContext({ attempt: 2, isRecovery: true, recoveredItems: [item] });
    expect(await half("recovered").run(makeRequest(), context)).toEqual({ recovered: [item] });
    expect(await half("recovered").run(makeRequest(), makeContext())).toEqual({ recovered: [] });
  });
});

describe("a step in a worker thread", () => {
  test("runs there once, in its run's context, for calls at the same time and later ones", async () => {
    const memo = new Map<string, Promise<string>>();
    const { signal } = new AbortController();
    const context = makeContext({ signal, step: rememberedSteps(signal, memo) });
    const result = (await half("once").run(makeRequest(), context)) as Record<string, unknown>;
    const where = { threadId: expect.any(Number) as number, isRunSignal: true, isInContext: true };
    expect(result).toEqual({ together: [where, where], later: where, calls: 1 });
    expect((result["later"] as { threadId: number }).threadId).toBeGreaterThan(0);
    // The server remembers: the thread may be another one next time.
    expect(JSON.parse((await memo.get("where"))!)).toEqual(where);
  });

  test("whose result is remembered is not run", async () => {
    const { signal } = new AbortController();
    const memo = new Map([["where", Promise.resolve('"remembered"')]]);
    const context = makeContext({ signal, step: rememberedSteps(signal, memo) });
    expect(await half("once").run(makeRequest(), context)).toEqual({
      together: ["remembered", "remembered"],
      later: "remembered",
      calls: 0,
    });
  });

  test("that throws gives its caller what it threw, and runs again", async () => {
    expect(await half("failing").run(makeRequest(), makeContext())).toEqual({
      first: expect.objectContaining({ message: "not yet", isOwnError: true }) as unknown,
      second: { value: 2 },
    });
  });

  test("or an approval that cannot be is a TypeError of that call alone", async () => {
    const typeError = (message: RegExp): unknown =>
      expect.objectContaining({
        message: expect.stringMatching(message) as string,
        isTypeError: true,
      });
    expect(await half("misused").run(makeRequest(), makeContext())).toEqual({
      noName: typeError(/^the name of a step must be given$/),
      symbol: typeError(/^the name of a step cannot leave the worker thread: it is no plain data$/),
      result: typeError(
        /^the result of step "give" cannot leave the worker thread: it is no plain data$/,
      ),
      args: typeError(
        /^the arguments of approval "send" cannot leave the worker thread: it is no plain data$/,
      ),
      after: { value: "well" },
    });
  });

  test("or an approval whose answer cannot be cloned is a TypeError", async () => {
    const uncloneable = async (): Promise<never> => ({ bad: () => {} }) as never;
    const context = makeContext({ step: uncloneable, approve: uncloneable });
    expect(await half("answered").run(makeRequest(), context)).toEqual({
      step: expect.objectContaining({
        message: expect.stringMatching(/^what ctx\.step gave cannot be sent/) as string,
        isTypeError: true,
      }) as unknown,
      approve: expect.objectContaining({
        message: expect.stringMatching(/^what ctx\.approve gave cannot be sent/) as string,
        isTypeError: true,
      }) as unknown,
    });
  });

  test("is stopped by the run's signal", async () => {
    const shared = sharedNumbers();
    const stop = new AbortController();
    const run = half("stopped").run(
      makeRequest("", { shared }),
      makeContext({ signal: stop.signal }),
    );
    await until(() => Atomics.load(shared, 0) === 1);
    stop.abort(abortReason("cancelled"));
    expect(await run).toMatchObject({ code: "cancelled", isRunSignal: true, isRunReason: true });
  });

  test("fails its run with the very reason of the abort when it throws that", async () => {
    const shared = sharedNumbers();
    const stop = new AbortController();
    const reason = abortReason("cancelled");
    const run = half("obedient").run(
      makeRequest("", { shared }),
      makeContext({ signal: stop.signal }),
    );
    await until(() => Atomics.load(shared, 0) === 1);
    stop.abort(reason);
    await expect(run).rejects.toBe(reason);
  });

  test("is stopped by a signal that is its own", async () => {
    const shared = sharedNumbers();
    const own = new AbortController();
    const run = half("stopped").run(makeRequest("", { shared }), contextWithStepSignal(own.signal));
    await until(() => Atomics.load(shared, 0) === 1);
    own.abort(new Error("too slow"));
    expect(await run).toEqual({
      wasAborted: false,
      code: undefined,
      message: "too slow",
      isRunReason: false,
      isRunSignal: false,
    });

    const second = sharedNumbers();
    const quiet = new AbortController();
    const stop = new AbortController();
    const either = AbortSignal.any([quiet.signal, stop.signal]);
    const combined = half("stopped").run(
      makeRequest("", { shared: second }),
      contextWithStepSignal(either, stop.signal),
    );
    await until(() => Atomics.load(second, 0) === 1);
    stop.abort(abortReason("cancelled"));
    expect(await combined).toMatchObject({ code: "cancelled", isRunReason: true });
  });

  test("that ends by itself leaves no listener on its own signal", async () => {
    const own = new AbortController();
    const result = await half("once").run(makeRequest(), contextWithStepSignal(own.signal));
    expect(result).toMatchObject({ calls: 1, later: { isRunSignal: false } });
    expect(getEventListeners(own.signal, "abort")).toEqual([]);
  });

  test("knows from its start that its own signal has been aborted", async () => {
    const context = contextWithStepSignal(AbortSignal.abort(new Error("too late")));
    const run = half("stopped").run(makeRequest("", { shared: sharedNumbers() }), context);
    expect(await run).toMatchObject({ wasAborted: true, message: "too late" });
  });
});

describe("an approval in a worker thread", () => {
  test("asks with its name and arguments, and gets the decision", async () => {
    const asked: unknown[] = [];
    const decision = { approve: true, reason: undefined, approvalRequestId: "mcpr_1" };
    const context = makeContext({
      approve: async (...args) => {
        asked.push(args);
        return decision;
      },
    });
    const values = await readAll(half("approving").run(makeRequest("tell"), context));
    expect(JSON.parse(values[1] as string)).toEqual({
      value: { approve: true, approvalRequestId: "mcpr_1" },
    });
    expect(asked).toEqual([["send_mail", { to: "ann" }]]);
  });

  test("that is pending ends the run with that code", async () => {
    const pending = new AppError("approval_pending");
    const context = makeContext({ approve: () => Promise.reject(pending) });
    const values = await readAll(half("approving").run(makeRequest("tell"), context));
    expect(JSON.parse(values[1] as string)).toMatchObject({
      message: "The run waits for an approval.",
      code: "approval_pending",
      isAppError: true,
      isReason: false,
    });
    const run = readAll(half("approving").run(makeRequest(), context));
    await expect(run).rejects.toMatchObject({ name: "AppError", code: "approval_pending" });
  });

  test("that is pending is the reason of the run's signal there too", async () => {
    const stop = new AbortController();
    const pending = new AppError("approval_pending");
    const approve = async (): Promise<never> => {
      stop.abort(pending);
      throw pending;
    };
    const context = makeContext({ signal: stop.signal, approve });
    const values = await readAll(half("approving").run(makeRequest("tell"), context));
    expect(JSON.parse(values[1] as string)).toMatchObject({ isReason: true });

    const again = new AbortController();
    const run = half("approving").run(
      makeRequest(),
      makeContext({
        signal: again.signal,
        approve: async () => {
          again.abort(pending);
          throw pending;
        },
      }),
    );
    await expect(readAll(run)).rejects.toBe(pending);
  });
});

describe("calls that are open", () => {
  test("settle on both sides when the run ends, and the thread takes the next run", async () => {
    const shared = sharedNumbers();
    const memory = rememberedSteps(new AbortController().signal);
    const failures: unknown[] = [];
    const late: (() => unknown)[] = [];
    const context = makeContext({
      step: async (name, fn) => {
        late.push(() => fn(new AbortController().signal));
        try {
          return await memory(name, fn);
        } catch (error) {
          failures.push((error as Error).message);
          throw error;
        }
      },
      approve: () => new Promise(() => {}),
    });
    const hasty = half("hasty");
    const first = await hasty.run(makeRequest("", { shared }), context);
    expect(first).toEqual({ threadId: expect.any(Number) as number });
    // Both calls rejected, and so did the calls made after the end.
    await until(() => shared.every((cell) => cell === 1));
    await until(() => failures.length === 2);
    expect(new Set(failures)).toEqual(new Set(["the run ended before its step did"]));
    expect(late).toHaveLength(2);
    await expect(late[0]!()).rejects.toThrow("the run ended before its step did");
    expect(await hasty.run(makeRequest("again"), makeContext())).toEqual(first);
  });

  test("settle when the thread dies", async () => {
    const memory = rememberedSteps(new AbortController().signal);
    let ended: Promise<unknown> | undefined;
    const context = makeContext({
      step: (name, fn) => {
        const step = memory(name, fn);
        ended = step;
        return step;
      },
    });
    const dying = half("dying");
    const message = /agent "dying" stopped before the run ended \(exit code 3\)/;
    await expect(dying.run(makeRequest(), context)).rejects.toThrow(message);
    await expect(ended).rejects.toThrow(message);
    expect(await dying.run(makeRequest("again"), makeContext())).toBe("well");
  });
});
