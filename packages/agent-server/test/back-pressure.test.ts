import type { Socket } from "node:net";
import { until } from "@wheelhouse/test-support";
import { expect, test } from "vitest";
import { IN, PATHS, post, postJson, STREAM } from "./support/http.js";
import { idleClient } from "./support/idle-client.js";
import { looseStream } from "./support/loose-agent.js";
import { remoteStore } from "./support/remote-store.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

const PIECE = "x".repeat(2_000);
/** Pieces of the author's that the outlet, the socket and the kernel may hold: 1024, and some megabytes. */
const AHEAD = 1_024 + 8_000;

/** Waits until a number has not changed for a while; gives it. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  let since = performance.now();
  await until(
    () => {
      if (read() !== last) [last, since] = [read(), performance.now()];
      return performance.now() - since > 300;
    },
    { timeoutMs: 10_000 },
  );
  return last;
}

/** Counts a text in what a socket gives. */
function countIn(socket: Socket, text: string): () => number {
  let count = 0;
  let carry = "";
  socket.on("data", (chunk: Buffer) => {
    const seen = carry + chunk.toString("latin1");
    count += seen.split(text).length - 1;
    carry = seen.slice(1 - text.length);
  });
  return () => count;
}

for (const path of PATHS)
  for (const [driver, store] of [
    ["memory", undefined],
    ["a remote store", remoteStore()],
  ] as const)
    test(`B226 ${path}, ${driver}: a client that reads nothing holds the author back, one that reads on gets it all`, async () => {
      const total = 30_000;
      let given = 0;
      const agent = looseStream(async function* author() {
        for (; given < total; given++) yield PIECE;
      });
      await using served = await serve({
        agents: agent,
        ...(store === undefined ? {} : { store }),
      });
      const socket = await idleClient(served.port, path, STREAM);
      await until(() => given > 0);
      const ahead = await settled(() => given);
      expect(ahead).toBeLessThan(AHEAD);
      expect((await fetch(`${served.url}/health`)).status).toBe(200);
      const pieces = countIn(socket, `"delta":"xx`);
      socket.resume();
      await until(() => socket.closed, { timeoutMs: 20_000 });
      expect(given).toBe(total);
      expect(pieces()).toBe(total);
    }, 40_000);

test("B226 the memory of a stream that nobody reads stays flat", async () => {
  let given = 0;
  const agent = looseStream(async function* author() {
    for (; given < 100_000; given++) yield { type: "custom", data: `${given}${PIECE}` };
  });
  await using served = await serve({ agents: agent });
  const before = process.memoryUsage().rss;
  const sockets = await Promise.all(
    [1, 2, 3].map(() => idleClient(served.port, "/invocations", STREAM)),
  );
  await until(() => given > 0);
  await settled(() => given);
  // 100,000 pieces are 200 MB.
  expect(process.memoryUsage().rss - before).toBeLessThan(120 * 2 ** 20);
  for (const socket of sockets) socket.destroy();
});

test("a slow reader does not touch another's stream", async () => {
  const agent = looseStream(async function* author({ input_text }) {
    for (let at = 0; at < 20_000; at++) yield PIECE;
    yield `end of ${input_text}`;
  });
  await using served = await serve({ agents: agent });
  const idle = await idleClient(served.port, "/responses", { input: "idle", stream: true });
  const text = await (await post(`${served.url}/invocations`, STREAM)).text();
  expect(text).toContain("end of hi");
  idle.destroy();
});

for (const stream of [true, false])
  test(`an author that yields forever without waiting does not stop /health, stream: ${stream}`, async () => {
    let given = 0;
    const agent = looseStream(function* author() {
      for (;;) {
        given++;
        yield { type: "custom" };
      }
    });
    await using served = await serve({ agents: agent });
    const client = new AbortController();
    const asked = post(`${served.url}/invocations`, { ...IN, stream }, { signal: client.signal });
    const reading = asked.then((response) => response.text());
    reading.catch(() => {});
    await until(() => given > 100);
    for (let probe = 0; probe < 5; probe++) {
      const began = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one after the other.
      expect((await fetch(`${served.url}/health`)).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(600);
    }
    client.abort();
    await expect(reading).rejects.toThrow("abort");
    const stopped = await settled(() => given);
    expect(given).toBe(stopped);
  });

test("one yield that leads to more than a log holds arrives whole", async () => {
  const items = Array.from({ length: 12_000 }, (_item, at) => ({
    type: "message",
    role: "assistant",
    content: [{ type: "output_text", text: `${at};` }],
  }));
  await using served = await serve({ agents: looseStream(() => items) });
  const expected = items.map((_item, at) => `${at};`).join("");
  const text = await (await post(`${served.url}/responses`, STREAM)).text();
  const deltas = [...text.matchAll(/"delta":"(\d+;)"/g)].map(([, delta]) => delta);
  expect(deltas.join("")).toBe(expected);
  const numbers = [...text.matchAll(/"sequence_number":(\d+)\}\n/g)].map(([, at]) => Number(at));
  expect(numbers).toEqual(numbers.map((_number, at) => at));
  expect(text).toContain("event: response.created\n");
}, 40_000);

test("a text of many megabytes arrives whole", async () => {
  const large = "ä".repeat(15_000_000);
  await using served = await serve({ agents: looseStream(() => large) });
  const text = await (await post(`${served.url}/responses`, STREAM)).text();
  expect(text).toContain("event: response.created\n");
  expect(text).toContain(`"delta":"${large}"`);
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
}, 40_000);

test("the answer is the same with and without a reader that is slow", async () => {
  const agent = looseStream(() => Array.from({ length: 3_000 }, (_item, at) => `${at} `));
  await using served = await serve({ agents: agent });
  const { body } = await postJson(`${served.url}/responses`, IN);
  const text = await (await post(`${served.url}/responses`, STREAM)).text();
  const deltas = [...text.matchAll(/"delta":"(\d+ )"/g)].map(([, delta]) => delta);
  expect(deltas.join("")).toBe(body["output"][0].content[0].text);
});
