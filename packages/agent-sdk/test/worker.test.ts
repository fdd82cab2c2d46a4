import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Agent, type AgentHandler, isAppError, type LogMethod } from "@wheelhouse/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Handler, resolveAgents } from "../src/index.js";
import { type Bundles, bundle } from "./support/bundle.js";
import { abortReason, makeContext, makeRequest, readAll, until } from "./support/run-parts.js";

let bundles: Bundles;
const closers: (() => Promise<void>)[] = [];
let agents: Map<string, Agent>;

async function load(name: string): Promise<Record<string, unknown>> {
  return (await import(/* @vite-ignore */ bundles.url(name))) as Record<string, unknown>;
}

function serve(
  namespace: Record<string, unknown>,
  fallbackToDefaultRegistry = false,
): Map<string, Agent> {
  const resolved = resolveAgents(namespace, { fallbackToDefaultRegistry });
  for (const agent of resolved) closers.push(() => agent.close());
  return new Map(resolved.map((agent) => [agent.name, agent]));
}

function half(name: string, from: Map<string, Agent> = agents): AgentHandler {
  const agent = from.get(name);
  return (agent?.invoke ?? agent?.stream)!;
}

function sharedNumbers(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

beforeAll(async () => {
  bundles = await bundle(
    "test/fixtures/worker-agents.ts",
    "test/fixtures/registered-worker.ts",
    "test/fixtures/decorated-worker.ts",
    "test/fixtures/broken-worker.ts",
    "test/fixtures/unexported-worker.ts",
  );
  agents = serve(await load("worker-agents"));
});

afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
  await bundles.remove();
});

describe("a handler with the option worker", () => {
  test("B48 blocks its own thread and not the server", async () => {
    const server = createServer((_, response) => response.end("healthy"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const shared = sharedNumbers();
    const run = half("block").run(makeRequest("", { shared }), makeContext());
    await until(() => Atomics.load(shared, 1) === 1);
    const { port } = server.address() as AddressInfo;
    const started = performance.now();
    const answer = await fetch(`http://127.0.0.1:${port}/health`);
    expect(await answer.text()).toBe("healthy");
    expect(performance.now() - started).toBeLessThan(600);
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
    expect(await run).toBe("unblocked");
    await new Promise((resolve) => server.close(resolve));
  });

  test("runs in another thread with the request and its text", async () => {
    const result = await half("where").run(makeRequest("hello"), makeContext());
    expect(result).toEqual({
      threadId: expect.any(Number) as number,
      text: "hello",
      keys: ["input", "custom_inputs"],
    });
    expect((result as { threadId: number }).threadId).toBeGreaterThan(0);
  });

  test("runs there too when the handler is run by itself", async () => {
    const { where } = (await load("worker-agents")) as { where: Handler };
    const result = await where.run(makeRequest(), makeContext());
    expect((result as { threadId: number }).threadId).toBeGreaterThan(0);
  });

  test("streams what it yields, in order, from every kind of stream", async () => {
    const usage = { $part: "usage", inputTokens: 1, outputTokens: 2 };
    const text = makeRequest("a b c");
    expect(await readAll(half("words").run(text, makeContext()))).toEqual(["a", "b", "c", usage]);
    expect(await readAll(half("sync-words").run(text, makeContext()))).toEqual(["a", "b", "c"]);
    expect((await readAll(half("body-stream").run(text, makeContext()))).join("")).toBe("streamed");
  });

  test("streams long answers whole", async () => {
    const words = Array.from({ length: 1000 }, (_, index) => String(index));
    const run = half("sync-words").run(makeRequest(words.join(" ")), makeContext());
    expect(await readAll(run)).toEqual(words);
  });

  test("is never more than 64 values ahead of a slow reader, and cleans up when it leaves", async () => {
    const shared = sharedNumbers();
    const run = await half("endless").run(makeRequest("", { shared }), makeContext());
    const iterator = (run as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    let isWithin = true;
    for (let read = 1; read <= 200; read++) {
      await iterator.next();
      // One more may have been begun: it waits at its yield.
      isWithin &&= Atomics.load(shared, 0) <= read + 64;
    }
    expect(isWithin).toBe(true);
    expect(Atomics.load(shared, 0)).toBeGreaterThanOrEqual(200);
    await iterator.return?.();
    expect(Atomics.load(shared, 1)).toBe(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("B49, B50 learns of an abort with its code, and its cleanup runs", async () => {
    const shared = sharedNumbers();
    const stop = new AbortController();
    const reason = abortReason("client_disconnected");
    const context = makeContext({ signal: stop.signal });
    const run = await half("patient").run(makeRequest("", { shared }), context);
    const iterator = (run as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: "waiting" });
    const pending = iterator.next();
    stop.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect(Atomics.load(shared, 0)).toBe(1);
  });

  test("is ended when it ignores an abort for 5 s, and the next run has a new thread", async () => {
    const shared = sharedNumbers();
    const stop = new AbortController();
    const reason = abortReason("cancelled");
    const context = makeContext({ signal: stop.signal });
    const run = half("stubborn").run(makeRequest("hang", { shared }), context);
    await until(() => Atomics.load(shared, 0) === 1);
    stop.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(await half("stubborn").run(makeRequest("hello"), makeContext())).toBe("well");
  }, 20_000);

  test("learns that the server drains", async () => {
    const shared = sharedNumbers();
    const drain = new AbortController();
    const context = makeContext({ draining: drain.signal });
    const run = half("draining").run(makeRequest("", { shared }), context);
    await until(() => Atomics.load(shared, 0) === 1);
    drain.abort();
    expect(await run).toBe("drained");
  });

  test.each([
    ["exit", /agent "crash" stopped before the run ended \(exit code 7\)/],
    ["throw", /agent "crash" stopped before the run ended: out of the blue/],
  ])("that dies (%s) fails its run alone, and the run that waits goes on", async (how, message) => {
    const { crash } = (await load("worker-agents")) as { crash: Handler };
    const own = half("crash", serve({ crash }));
    const dying = own.run(makeRequest(how), makeContext());
    const waiting = own.run(makeRequest("hello"), makeContext());
    await expect(dying).rejects.toThrow(message);
    expect(await waiting).toBe("alive");
  });

  test("B27 gives its errors back as they were thrown", async () => {
    const refused = half("refuse").run(makeRequest(), makeContext());
    await expect(refused).rejects.toSatisfy(isAppError);
    await expect(refused).rejects.toMatchObject({
      name: "HttpError",
      message: "slow down",
      status: 429,
      code: "rate_limit_exceeded",
      param: "input",
      headers: { "retry-after": "3" },
    });
    const plain = half("refuse").run(makeRequest("plain"), makeContext());
    await expect(plain).rejects.toMatchObject({
      name: "RangeError",
      message: "plain",
      stack: expect.stringContaining("worker-agents") as string,
      cause: { message: "below" },
    });
  });

  test("B70 fails a run that gives what cannot be cloned, and nothing else", async () => {
    const shared = sharedNumbers();
    const run = await half("uncloneable").run(makeRequest("", { shared }), makeContext());
    const iterator = (run as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe("first");
    await expect(iterator.next()).rejects.toMatchObject({ code: "invalid_agent_output" });
    expect(Atomics.load(shared, 0)).toBe(1);
    const result = half("uncloneable-result").run(makeRequest(), makeContext());
    await expect(result).rejects.toMatchObject({ code: "invalid_agent_output" });
  });

  test("fails a run whose request cannot be cloned, and its thread goes on", async () => {
    const request = makeRequest("", { bad: () => {} });
    await expect(half("where").run(request, makeContext())).rejects.toThrow(/cannot be sent/);
    expect(await half("where").run(makeRequest(), makeContext())).toHaveProperty("threadId");
  });

  test("B46 has the request's context in its thread; its log and span reach the server", async () => {
    const lines: unknown[] = [];
    const attributes: unknown[] = [];
    const line: LogMethod = (...args: unknown[]) => void lines.push(args);
    const base = makeContext();
    const context = makeContext({
      headers: { "x-user": "ann" },
      user: { id: "ann", isAdmin: false },
      log: { debug: line, info: line, warn: line, error: line },
      span: {
        ...base.span,
        isRecording: true,
        setAttribute: (...args) => void attributes.push(args),
      },
    });
    expect(await half("context").run(makeRequest(), context)).toEqual({
      headers: { "x-user": "ann" },
      isSame: true,
      user: { id: "ann", isAdmin: false },
      session: "conv_1",
      responseId: context.responseId,
      traceId: context.traceId,
      requestId: context.requestId,
      attempt: 1,
    });
    expect(lines[0]).toEqual([{ step: 1 }, "from the thread"]);
    expect(lines[1]).toEqual([
      { bad: expect.stringContaining("bad") as string },
      "cannot be cloned",
    ]);
    expect(attributes).toEqual([["model", "small"]]);
  });

  test("is found in the default registry", async () => {
    const registered = half("agent", serve(await load("registered-worker"), true));
    expect(registered.name).toBe("answer");
    const result = await registered.run(makeRequest(), makeContext());
    expect((result as { threadId: number }).threadId).toBeGreaterThan(0);
  });

  test("keeps what an instance remembers between the runs of a thread", async () => {
    const support = half("support", serve(await load("decorated-worker")));
    expect(await readAll(support.run(makeRequest("hi"), makeContext()))).toEqual(["hi 1 true"]);
    expect(await readAll(support.run(makeRequest("hi"), makeContext()))).toEqual(["hi 2 true"]);
  });

  test("says why a module does not load, and that an agent is not exported", async () => {
    const broken = half("agent", serve(await load("broken-worker")));
    await expect(broken.run(makeRequest(), makeContext())).rejects.toThrow(
      /stopped before the run ended: this module does not load in a thread/,
    );
    const { holder } = (await load("unexported-worker")) as { holder: Handler[] };
    const hidden = half("hidden", serve({ hidden: holder[0] }));
    await expect(hidden.run(makeRequest(), makeContext())).rejects.toThrow(
      /exports no invoke handler "hidden" of agent "hidden"/,
    );
  });

  test("lets a run wait that finds no free thread, and leave when it is aborted", async () => {
    const { block } = (await load("worker-agents")) as { block: Handler };
    const own = half("block", serve({ block }));
    const shared = sharedNumbers();
    const first = own.run(makeRequest("", { shared }), makeContext());
    const stop = new AbortController();
    const second = own.run(makeRequest("", { shared }), makeContext({ signal: stop.signal }));
    const reason = abortReason("cancelled");
    stop.abort(reason);
    await expect(second).rejects.toBe(reason);
    await until(() => Atomics.load(shared, 1) === 1);
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
    expect(await first).toBe("unblocked");
  });

  test("lets no more runs wait than maxQueued", async () => {
    const shared = sharedNumbers();
    const run = (): unknown => half("popular").run(makeRequest("", { shared }), makeContext());
    const accepted = [run(), run()];
    await expect(run()).rejects.toMatchObject({ code: "rate_limit_exceeded", status: 429 });
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
    expect(await Promise.all(accepted)).toEqual(["served", "served"]);
  });

  test("fails its runs when its agent is closed, and leaves other servers' alone", async () => {
    const { block } = (await load("worker-agents")) as { block: Handler };
    const one = resolveAgents({ block })[0]!;
    const other = resolveAgents({ block })[0]!;
    closers.push(() => other.close());
    const shared = sharedNumbers();
    const otherShared = sharedNumbers();
    const run = one.invoke!.run(makeRequest("", { shared }), makeContext());
    const otherRun = other.invoke!.run(makeRequest("", { shared: otherShared }), makeContext());
    await until(() => Atomics.load(shared, 1) === 1 && Atomics.load(otherShared, 1) === 1);
    const closed = Promise.all([one.close(), one.close()]);
    await expect(run).rejects.toMatchObject({ code: "shutting_down" });
    await closed;
    const late = one.invoke!.run(makeRequest("", { shared }), makeContext());
    await expect(late).rejects.toMatchObject({ code: "shutting_down" });
    Atomics.store(otherShared, 0, 1);
    Atomics.notify(otherShared, 0);
    expect(await otherRun).toBe("unblocked");
  });
});
