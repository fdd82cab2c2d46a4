import { setTimeout as sleep } from "node:timers/promises";
import { stream } from "@wheelhouse/agent-sdk";
import { createMemoryStore } from "@wheelhouse/store";
import { expect, onTestFailed, test } from "vitest";
import { type Json, randomOf, serve } from "./support/index.js";
import { create, range, readInPieces, replay, sequence, sqliteStore } from "./support/stored.js";

const CLIENTS = 200;
/** Connections a client drops at most: it reads the last one to its end. */
const DROPS = 10;
const PIECES = 300;

/** Pieces of every length, of letters of one to four bytes: a connection may end inside one. */
const pieceOf = (at: number): string => `${at} ${"aé€\u{1f600}".repeat((at * 7) % 60)} `;

/** Writes in bursts and with pauses, for about a second. */
const agent = stream(async function* wordy() {
  for (let at = 0; at < PIECES; at++) {
    yield pieceOf(at);
    if (at % 5 === 0) await sleep((at % 7) * 5 + 2);
  }
});

const STORES = {
  "in memory": async () => {
    const store = createMemoryStore();
    return { store, [Symbol.asyncDispose]: () => store.close() };
  },
  "in a SQLite file": sqliteStore,
};

for (const [name, open] of Object.entries(STORES))
  test(`R71 200 clients that drop their connections and come back lose no event and get none twice, ${name}`, async () => {
    const seed = Date.now() % 1_000_000;
    onTestFailed(() => console.log(`The seed was ${seed}.`));
    await using opened = await open();
    await using served = await serve({ agents: agent, store: opened.store });
    const { id } = (await create(served.url, { input: "hi", background: true })) as { id: string };

    const read = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, client) => {
        const random = randomOf(seed, client);
        // Some are there from the start, some come in the middle.
        await sleep(random.whole(0, 500));
        return readInPieces(served.port, id, random, DROPS);
      }),
    );

    const whole = await replay(served.url, id);
    expect(sequence(whole)).toEqual(range(0, whole.length - 1));
    const events = whole.map(({ data }) => JSON.parse(data) as Json);
    const text = events.map(({ type, delta }) => (type === TEXT_DELTA ? delta : "")).join("");
    expect(text).toBe(Array.from({ length: PIECES }, (_, at) => pieceOf(at)).join(""));
    for (const { frames } of read) {
      // The numbers first: they say what is missing or doubled in few words.
      expect(sequence(frames)).toEqual(range(0, whole.length - 1));
      expect(frames).toEqual(whole);
    }
    const drops = read.reduce((sum, { drops: count }) => sum + count, 0);
    const cut = read.reduce((sum, { cut: count }) => sum + count, 0);
    expect(drops).toBeGreaterThan(CLIENTS);
    expect(cut).toBeGreaterThan(CLIENTS / 4);
  }, 60_000);

const TEXT_DELTA = "response.output_text.delta";
