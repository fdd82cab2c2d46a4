import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stream } from "@wheelhouse/agent-sdk";
import { createMemoryStore, type Store } from "@wheelhouse/store";
import { createSqliteStore } from "@wheelhouse/store/sqlite";
import { expect, test } from "vitest";
import { type Frame, httpClient, parseFrames, randomOf, serve } from "./support/index.js";
import { BACKGROUND, create, range, replay, sequence } from "./support/stored.js";

const CLIENTS = 200;
const DELTAS = 300;

/** Reads a run to its end over connections that break at random places; gives every event that it took. */
async function unsteadyClient(port: number, id: string, seed: number): Promise<string[]> {
  const random = randomOf(seed);
  using client = httpClient(port, { keepAlive: false, timeoutMs: 60_000 });
  const taken: string[] = [];
  let last = -1;
  for (;;) {
    const byHeader = random.next() < 0.5;
    const query = last >= 0 && !byHeader ? `&starting_after=${last}` : "";
    const path = `/responses/${id}?stream=true${query}`;
    const answer = await client.send({
      path,
      ...(last >= 0 && byHeader ? { headers: { "last-event-id": String(last) } } : {}),
    });
    const enough = random.next() < 0.8 ? random.whole(1, 20_000) : Infinity;
    let text = "";
    let isWhole = false;
    try {
      answer.setEncoding("utf8");
      for await (const piece of answer as AsyncIterable<string>) {
        text += piece;
        // In the middle of a frame as well as between two.
        if (text.length > enough) break;
      }
      isWhole = text.length <= enough;
    } catch {
      // The connection broke.
    }
    const frames: Frame[] = parseFrames(text.slice(0, text.lastIndexOf("\n\n") + 2));
    for (const { data, id: seq } of frames) {
      if (data === "[DONE]") continue;
      taken.push(data);
      last = Number(seq);
    }
    if (isWhole && frames.at(-1)?.data === "[DONE]") return taken;
  }
}

/** What clients took that is not what the run gave; none of them when all went well. */
async function storm(store: Store): Promise<string[][]> {
  const agent = stream(async function* talker() {
    for (let at = 0; at < DELTAS; at++) {
      yield `piece ${at} of what is said `;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });
  await using served = await serve({ agents: agent, store });
  const { id } = (await create(served.url, BACKGROUND)) as { id: string };
  const clients = Array.from({ length: CLIENTS }, (_, at) => unsteadyClient(served.port, id, at));
  const taken = await Promise.all(clients);
  const whole = await replay(served.url, id);
  expect(sequence(whole)).toEqual(range(0, whole.length - 1));
  expect(whole.length).toBeGreaterThan(DELTAS);
  const expected = whole.map(({ data }) => data);
  return taken.filter((events) => events.join("\n") !== expected.join("\n"));
}

test("R71 200 readers that come and go lose nothing and get nothing twice: in memory", async () => {
  const store = createMemoryStore();
  expect(await storm(store)).toEqual([]);
  await store.close();
}, 90_000);

test("R71 the same with a SQLite file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wheelhouse-storm-"));
  try {
    const store = createSqliteStore({ path: join(folder, "state.db") });
    expect(await storm(store)).toEqual([]);
    await store.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 90_000);
