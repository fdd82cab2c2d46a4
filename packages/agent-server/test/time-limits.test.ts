import type { AgentContext } from "@wheelhouse/core";
import { until } from "@wheelhouse/test-support";
import { expect, test } from "vitest";
import { IN, PATHS, postJson, streamed } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

const forever = new Promise<never>(() => {});
const limits = { timeoutMs: 80, concurrency: 1 };

/** Authors that do not end by themselves. */
const AUTHORS: Record<string, (request: unknown, context: AgentContext) => unknown> = {
  "never yields": async function* () {
    await forever;
    yield "x";
  },
  "blocks in finally": async function* () {
    try {
      yield "x";
      await forever;
    } finally {
      await forever;
    }
  },
  "never gives its iterator": () => forever,
  "yields a promise that never settles": () => new Set([forever]),
  "has a return() that never settles": () => ({
    [Symbol.asyncIterator]: () => ({ next: () => forever, return: () => forever }),
  }),
  "has a return() that throws": () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => forever,
      return: () => {
        throw new Error("no");
      },
    }),
  }),
  "throws when it is told to stop": async (_request, { signal }) => {
    await new Promise((_resolve, reject) =>
      signal.addEventListener("abort", () => reject(new Error("secret"))),
    );
  },
  "yields without a pause": async function* () {
    for (;;) yield "x";
  },
};

for (const [name, author] of Object.entries(AUTHORS))
  for (const path of PATHS)
    test(`B54 ${path}: a stream whose author ${name} ends in time, and the next run starts`, async () => {
      await using served = await serve({ agents: looseStream(author, limits) });
      for (let run = 0; run < 2; run++) {
        // oxlint-disable-next-line no-await-in-loop -- one place: the second needs the first one's.
        const all = await streamed(`${served.url}${path}`);
        const last = all.at(-1)!;
        const message = path === "/responses" ? last["response"].error.message : last["error"];
        expect(message).toContain("time limit");
        expect(JSON.stringify(last)).not.toContain("secret");
      }
    });

for (const path of PATHS)
  test(`B54 ${path}: an invoke that never ends is 504, and its late result is dropped`, async () => {
    const late: (() => void)[] = [];
    const agent = looseInvoke(
      () => new Promise((_resolve, reject) => late.push(() => reject(new Error("late")))),
      limits,
    );
    await using served = await serve({ agents: agent });
    for (let run = 0; run < 2; run++) {
      // oxlint-disable-next-line no-await-in-loop -- one place: the second needs the first one's.
      expect((await postJson(`${served.url}${path}`, IN)).status).toBe(504);
    }
    expect(late).toHaveLength(2);
    for (const reject of late) reject();
  });

test("B54 the time is the run's, not the wait's for a place", async () => {
  const agent = looseInvoke(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "x";
    },
    { timeoutMs: 500, concurrency: 1 },
  );
  await using served = await serve({ agents: agent });
  const answers = await Promise.all([1, 2, 3].map(() => postJson(`${served.url}/responses`, IN)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test("B54 a function that has answered is not told of a time limit afterwards", async () => {
  let signal: AbortSignal | undefined;
  const agent = looseStream(
    async function* author(_request, context) {
      signal = context.signal;
      yield "x";
    },
    { timeoutMs: 60 },
  );
  await using served = await serve({ agents: agent });
  await streamed(`${served.url}/responses`);
  const over = performance.now() + 150;
  await until(() => performance.now() > over);
  expect(signal!.aborted).toBe(false);
});
