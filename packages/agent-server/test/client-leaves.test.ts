import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentContext } from "@wheelhouse/core";
import { createMemoryStore } from "@wheelhouse/store";
import { until } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import { gate } from "./support/gate.js";
import { IN, PATHS, post, postJson, UNSTORED } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

/** Moments at which a client may leave a stream: what the author does until then. */
const MOMENTS = [
  "before the first yield",
  "between yields",
  "before the author is reached",
] as const;

for (const path of PATHS)
  for (const moment of MOMENTS)
    test(`B49 B50 ${path}: a client that leaves ${moment} gives back place, log and timer`, async () => {
      const seen: { context?: AgentContext; finished: number } = { finished: 0 };
      const agent = looseStream(
        async function* author(_request, context) {
          seen.context = context;
          try {
            if (moment === "between yields") yield "one";
            if (!context.signal.aborted) await once(context.signal, "abort");
            yield "two";
          } finally {
            seen.finished++;
          }
        },
        { concurrency: 1, timeoutMs: 60_000 },
      );
      const quick = looseInvoke(() => "done", { concurrency: 1 });
      const store = createMemoryStore();
      await using served = await serve({ agents: [agent, quick], store });
      const client = new AbortController();
      const asked = post(`${served.url}${path}`, UNSTORED, { signal: client.signal });
      asked.catch(() => {});
      if (moment === "before the author is reached") client.abort();
      else await until(() => seen.context);
      if (moment === "between yields") await (await asked).body!.getReader().read();
      client.abort();
      const { context } = seen;
      await until(() => seen.finished === (context === undefined ? 0 : 1));
      const { code } = (context?.signal.reason ?? {}) as { code?: string };
      expect(code).toBe(context === undefined ? undefined : "client_disconnected");
      const logId = context?.responseId ?? "none";
      await until(async () => (await store.log.info(logId)) === undefined);
      expect((await postJson(`${served.url}${path}`, IN)).status).toBe(200);
    });

test("a client that leaves while it waits for a place starts no run and keeps nobody waiting", async () => {
  const first = gate();
  const runs: string[] = [];
  const agent = looseInvoke(
    async ({ input_text }) => {
      runs.push(input_text);
      if (input_text === "first") await first.opened;
      return input_text;
    },
    { concurrency: 1, maxQueued: 1 },
  );
  await using served = await serve({ agents: agent });
  const url = `${served.url}/responses`;
  const running = postJson(url, { input: "first" });
  await until(() => runs.length === 1);
  const client = new AbortController();
  const waiting = post(url, { input: "leaver" }, { signal: client.signal });
  // The queue is full once the leaver waits in it.
  await until(async () => (await post(url, { input: "probe" })).status === 429);
  client.abort();
  await expect(waiting).rejects.toThrow("abort");
  await until(async () => {
    const next = post(url, { input: "third" });
    const answered = await Promise.race([next, delay(50)]);
    if (answered?.status === 429) return false;
    first.open();
    return (await next).status === 200;
  });
  await running;
  expect(runs).toEqual(["first", "third"]);
});

describe("policy detach", () => {
  test("B50 the run goes on unheard, and holds its place until it ends", async () => {
    const go = gate();
    const seen: string[] = [];
    const agent = looseStream(
      async function* author({ input_text }, { signal }) {
        seen.push(`${input_text} begins`);
        yield "a";
        if (input_text === "stays") return;
        await go.opened;
        // Nobody reads: the author is not held back by a reader that has left.
        for (let at = 0; at < 5_000; at++) yield "x";
        seen.push(`${input_text} ends, aborted: ${signal.aborted}`);
      },
      { disconnect: "detach", concurrency: 1 },
    );
    const store = createMemoryStore();
    await using served = await serve({ agents: agent, store });
    const client = new AbortController();
    const url = `${served.url}/invocations`;
    const response = await post(
      url,
      { ...UNSTORED, input: userSays("leaves") },
      { signal: client.signal },
    );
    await response.body!.getReader().read();
    client.abort();
    const next = post(url, { ...UNSTORED, input: userSays("stays") });
    go.open();
    expect((await (await next).text()).endsWith("data: [DONE]\n\n")).toBe(true);
    expect(seen).toEqual(["leaves begins", "leaves ends, aborted: false", "stays begins"]);
  });

  test("a server that closes waits for it within the grace, then stops it", async () => {
    let context: AgentContext | undefined;
    const agent = looseStream(
      async function* author(_request, given) {
        context = given;
        yield "a";
        await once(given.signal, "abort");
      },
      { disconnect: "detach" },
    );
    await using served = await serve({ agents: agent });
    const client = new AbortController();
    const response = await post(`${served.url}/responses`, UNSTORED, { signal: client.signal });
    await response.body!.getReader().read();
    client.abort();
    await until(() => context);
    await delay(20);
    expect(context!.signal.aborted).toBe(false);
    await served.server.close({ graceMs: 100 });
    expect(context!.signal.reason).toMatchObject({ code: "shutting_down" });
  });
});

describe("policy {graceMs}", () => {
  test("the run ends when the grace is over, not before", async () => {
    let context: AgentContext | undefined;
    let left = 0;
    let stopped = 0;
    const agent = looseInvoke(
      async (_request, given) => {
        context = given;
        given.signal.addEventListener("abort", () => (stopped = performance.now()));
        await once(given.signal, "abort");
        return "x";
      },
      { disconnect: { graceMs: 200 } },
    );
    await using served = await serve({ agents: agent });
    const client = new AbortController();
    const asked = post(`${served.url}/invocations`, IN, { signal: client.signal });
    await until(() => context);
    left = performance.now();
    client.abort();
    await expect(asked).rejects.toThrow("abort");
    await until(() => stopped > 0);
    expect(stopped - left).toBeGreaterThan(150);
    expect(context!.signal.reason).toMatchObject({ code: "client_disconnected" });
  });

  test("a run that ends within the grace is not told to stop", async () => {
    const go = gate();
    let context: AgentContext | undefined;
    let ended = false;
    const agent = looseInvoke(
      async (_request, given) => {
        context = given;
        await go.opened;
        ended = true;
        return "x";
      },
      { disconnect: { graceMs: 100 } },
    );
    await using served = await serve({ agents: agent });
    const client = new AbortController();
    const asked = post(`${served.url}/invocations`, IN, { signal: client.signal });
    await until(() => context);
    client.abort();
    await expect(asked).rejects.toThrow("abort");
    go.open();
    await until(() => ended);
    await delay(200);
    expect(context!.signal.aborted).toBe(false);
  });
});

const userSays = (content: string) => [{ role: "user", content }];
