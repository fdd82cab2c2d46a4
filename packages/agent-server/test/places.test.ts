import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { until } from "@wheelhouse/test-support";
import { createMemoryStore } from "@wheelhouse/store";
import { test } from "vitest";
import { IN, PATHS, post, postJson } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { remoteStore } from "./support/remote-store.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

/** What one author does, and when its client leaves. */
const visit = fc.record({
  deed: fc.constantFrom("ends", "throws", "throws later", "hangs", "floods", "is not valid"),
  leavesAfter: fc.option(fc.integer({ min: 0, max: 15 })),
  stream: fc.boolean(),
  path: fc.constantFrom(...PATHS),
});

type Visit = typeof visit extends fc.Arbitrary<infer Value> ? Value : never;

test("whatever authors do and whenever clients leave, places and logs are given back", async () => {
  const ids = new Set<string>();
  const limits = { concurrency: 2, maxQueued: 100, timeoutMs: 60 };
  const author = async function* (
    request: { input_text: string },
    context: { responseId: string },
  ) {
    ids.add(context.responseId);
    const deed = request.input_text;
    if (deed === "throws") throw new Error("no");
    yield "a";
    await delay(2);
    if (deed === "throws later") throw new Error("no");
    if (deed === "is not valid") yield 5;
    if (deed === "hangs") await new Promise((resolve) => setTimeout(resolve, 80));
    if (deed === "floods") for (let at = 0; at < 3_000; at++) yield "x".repeat(500);
    yield "b";
  };
  const agents = [looseStream(author, limits), looseInvoke((...args) => author(...args), limits)];
  for (const store of [createMemoryStore(), remoteStore({ latency: () => Math.random() * 3 })]) {
    // oxlint-disable-next-line no-await-in-loop -- one store after the other.
    await using served = await serve({ agents, store });
    const go = async ({ deed, leavesAfter, stream, path }: Visit): Promise<void> => {
      const client = new AbortController();
      if (leavesAfter !== null) setTimeout(() => client.abort(), leavesAfter);
      const body = { input: [{ role: "user", content: deed }], stream, store: false };
      try {
        const response = await post(`${served.url}${path}`, body, { signal: client.signal });
        await response.text();
      } catch (error) {
        if (!client.signal.aborted) throw error;
      }
    };
    // oxlint-disable-next-line no-await-in-loop -- as above.
    await fc.assert(
      fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 12 }), async (visits) => {
        await Promise.all(visits.map(go));
        // On a busy machine the last run may meet its own time limit.
        await until(async () => (await postJson(`${served.url}/responses`, IN)).status === 200);
        await until(async () => {
          const logs = await Promise.all([...ids].map(async (id) => store.log.info(id)));
          return logs.every((log) => log === undefined);
        });
        ids.clear();
      }),
      { numRuns: 15 },
    );
  }
}, 60_000);
