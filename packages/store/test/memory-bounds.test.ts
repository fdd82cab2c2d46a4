import { describe, expect, test } from "vitest";
import {
  createMemoryStore,
  QueueFullError,
  type LogEvent,
  type MemoryStoreOptions,
  type Store,
} from "../src/index.js";

const plain = (count: number, size = 10): LogEvent[] =>
  Array.from({ length: count }, () => ({ type: "test.event", data: "x".repeat(size) }));

const delta = (itemId: string): LogEvent => ({
  type: "response.output_text.delta",
  data: JSON.stringify({ type: "response.output_text.delta", item_id: itemId, delta: "a" }),
});

const done = (itemId: string): LogEvent => ({
  type: "response.output_item.done",
  data: JSON.stringify({ type: "response.output_item.done", item: { id: itemId } }),
});

async function logOf(options: MemoryStoreOptions, ...batches: LogEvent[][]) {
  const { log } = createMemoryStore(options);
  const writer = await log.open("a", null);
  for (const batch of batches) await log.append(writer, batch);
  return { log, writer };
}

async function seqsOf({ log }: Store, logId: string): Promise<number[]> {
  return (await log.read(logId, -1, Infinity)).entries.map((entry) => entry.seq);
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe("a log past its bounds", () => {
  test("holds the newest 10,000 events by default, and says what a cursor missed", async () => {
    const { log } = await logOf({}, plain(9_990), plain(40), plain(20));
    expect(await log.info("a")).toMatchObject({ firstSeq: 50, nextSeq: 10_050 });
    const all = await log.read("a", -1, Infinity);
    expect([all.entries.length, all.entries[0]?.seq, all.gapBefore]).toEqual([10_000, 50, 50]);
    expect((await log.read("a", 48, 1)).gapBefore).toBe(50);
    const behindNothing = await log.read("a", 49, 1);
    expect([behindNothing.gapBefore, behindNothing.entries[0]?.seq]).toEqual([undefined, 50]);
  });

  test("lets go of the deltas of complete items first, without a gap", async () => {
    const { log } = await logOf(
      { maxEventsPerLog: 10 },
      [delta("m1"), delta("m1"), delta("m2"), done("m1"), delta("m2")],
      plain(5),
      plain(1),
    );
    const { entries, gapBefore } = await log.read("a", -1, Infinity);
    expect(entries.map((entry) => entry.seq)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(gapBefore).toBeUndefined();
  });

  test("lets go of deltas whose item is complete only later, and then of the oldest", async () => {
    const { log, writer } = await logOf(
      { maxEventsPerLog: 6 },
      [delta("m1"), delta("m1")],
      plain(6),
    );
    expect((await log.read("a", -1, 9)).gapBefore).toBe(2);
    await log.append(writer, [delta("m3"), delta("m3"), done("m3")]);
    const after = await log.read("a", -1, 9);
    expect(after.entries.map((entry) => entry.seq)).toEqual([3, 4, 5, 6, 7, 10]);
  });

  test("knows the deltas of assistant sessions too", async () => {
    const of = (type: string): LogEvent => ({ type, data: JSON.stringify({ type, item_id: "i" }) });
    const { log } = await logOf(
      { maxEventsPerLog: 4 },
      [of("item.started"), of("item.delta"), of("item.delta"), of("item.completed")],
      plain(1),
    );
    const { entries } = await log.read("a", -1, Infinity);
    expect(entries.map((entry) => entry.seq)).toEqual([0, 3, 4]);
  });

  test("takes broken JSON and events without an item as events like others", async () => {
    const odd = ["{", "null", "[]", '"text"', '{"item_id":7}', '{"item":null}'];
    const events = odd.map((data) => ({ type: "response.output_text.delta", data }));
    const { log } = await logOf({ maxEventsPerLog: 3 }, events);
    expect((await log.read("a", -1, 9)).entries.map((entry) => entry.seq)).toEqual([3, 4, 5]);
  });

  test("asks a caller's own marks", async () => {
    const { log } = await logOf(
      {
        maxEventsPerLog: 3,
        markEvent: ({ type, data }) =>
          type === "piece" ? { kind: "delta", itemId: data } : { kind: "complete", itemId: data },
      },
      ["1", "2"].map((data) => ({ type: "piece", data })),
      ["1", "3"].map((data) => ({ type: "whole", data })),
    );
    expect((await log.read("a", -1, 9)).entries.map((entry) => entry.seq)).toEqual([1, 2, 3]);
  });

  test("asks about each event once, and not before the log is full", async () => {
    let asked = 0;
    const options = { maxEventsPerLog: 10, markEvent: () => void asked++ };
    const { log, writer } = await logOf(options, plain(10));
    expect(asked).toBe(0);
    for (let n = 0; n < 30; n++) await log.append(writer, plain(1));
    expect(asked).toBe(40);
  });

  test("holds at most so many characters, and the newest event in any case", async () => {
    const { log, writer } = await logOf({ maxCharactersPerLog: 100 }, plain(3, 40));
    expect((await log.read("a", -1, 9)).entries.map((entry) => entry.seq)).toEqual([1, 2]);
    await log.append(writer, plain(1, 500));
    expect((await log.read("a", -1, 9)).entries.map((entry) => entry.seq)).toEqual([3]);
    await log.append(writer, plain(1, 40));
    expect((await log.read("a", -1, 9)).entries.map((entry) => entry.seq)).toEqual([4]);
  });

  test("tells a reader that fell behind, once", async () => {
    const { log, writer } = await logOf({ maxEventsPerLog: 10 }, plain(5));
    const reader = log.tail("a", -1, new AbortController().signal)[Symbol.asyncIterator]();
    const seqs = async () => {
      const { value } = await reader.next();
      return [value?.gapBefore, value?.entries.map((entry: { seq: number }) => entry.seq)];
    };
    expect(await seqs()).toEqual([undefined, range(0, 5)]);
    await log.append(writer, plain(20));
    expect(await seqs()).toEqual([15, range(15, 25)]);
    await log.append(writer, plain(2));
    expect(await seqs()).toEqual([undefined, [25, 26]]);
    await reader.return?.();
  });

  test("an item that never completes costs no more than the log", async () => {
    const { log, writer } = await logOf({ maxEventsPerLog: 20 });
    for (let n = 0; n < 2_000; n++) await log.append(writer, [delta(`m${n % 3}`)]);
    await log.append(writer, [done("m1")]);
    const { entries } = await log.read("a", -1, Infinity);
    expect(entries.filter(({ data }) => data.includes('"item_id":"m1"'))).toEqual([]);
    expect(entries.at(-1)?.seq).toBe(2_000);
  });
});

describe("closed logs", () => {
  test("the first closed go first past 1,000; running ones never go", async () => {
    const store = createMemoryStore();
    for (let n = 0; n < 1_100; n++) await store.log.open(`running-${n}`, null);
    for (let n = 0; n < 1_003; n++) {
      const writer = await store.log.open(`closed-${n}`, null);
      await store.log.append(writer, plain(1));
      await store.log.close(writer);
    }
    for (const n of [0, 1, 2]) expect(await store.log.info(`closed-${n}`)).toBeUndefined();
    for (const n of [3, 1_002]) expect(await seqsOf(store, `closed-${n}`)).toEqual([0]);
    for (const n of [0, 1_099]) expect(await store.log.info(`running-${n}`)).toBeDefined();
  });

  test("go by their characters too", async () => {
    const store = createMemoryStore({ maxFinishedCharacters: 100 });
    for (const logId of ["a", "b", "c"]) {
      const writer = await store.log.open(logId, null);
      await store.log.append(writer, plain(1, 45));
      await store.log.close(writer);
    }
    expect(await store.log.info("a")).toBeUndefined();
    expect(await seqsOf(store, "b")).toEqual([0]);
    expect(await seqsOf(store, "c")).toEqual([0]);
  });

  test("a reader on its way through one that goes still reads it to its end", async () => {
    const { log } = createMemoryStore({ maxFinishedLogs: 1 });
    const writer = await log.open("a", null);
    await log.append(writer, plain(2));
    const reader = log.tail("a", -1, new AbortController().signal)[Symbol.asyncIterator]();
    await reader.next();
    await log.append(writer, plain(2));
    await log.close(writer);
    await log.close(await log.open("b", null));
    expect(await log.info("a")).toBeUndefined();
    expect((await reader.next()).value?.entries.length).toBe(2);
    expect((await reader.next()).done).toBe(true);
  });
});

describe("records past their bounds", () => {
  test("the least recently written goes first", async () => {
    const things = createMemoryStore({ maxRecords: 3 }).records.collection<number>("things");
    for (const key of ["a", "b", "c"]) await things.put(key, 1);
    await things.put("a", 2);
    await things.get("b");
    await things.put("d", 1);
    expect((await things.list()).map((record) => record.key)).toEqual(["d", "c", "a"]);
  });

  test("a collection holds at most so many characters, and the newest in any case", async () => {
    const options = { maxRecordCharacters: 100 };
    const things = createMemoryStore(options).records.collection<string>("things");
    for (const key of ["a", "b", "c"]) await things.put(key, "x".repeat(40));
    expect((await things.list()).map((record) => record.key)).toEqual(["c", "b"]);
    await things.put("d", "x".repeat(400));
    expect((await things.list()).map((record) => record.key)).toEqual(["d"]);
    await things.put("d", "");
    await things.put("e", "x".repeat(40));
    expect((await things.list()).map((record) => record.key)).toEqual(["e", "d"]);
  });

  test("expired records give room before living ones go, without being asked for", async () => {
    let now = 0;
    const store = createMemoryStore({ maxRecords: 10, now: () => now });
    const things = store.records.collection<number>("things");
    for (let n = 0; n < 5; n++) await things.put(`kept-${n}`, n);
    for (let n = 0; n < 5; n++) await things.put(`short-${n}`, n, { ttlMs: 10 });
    now = 10;
    for (let n = 0; n < 5; n++) await things.put("kept-0", n);
    for (let n = 0; n < 5; n++) await things.put(`new-${n}`, n);
    const keys = (await things.list({ order: "asc" })).map((record) => record.key);
    expect(keys).toEqual([
      ...range(0, 5).map((n) => `kept-${n}`),
      ...range(0, 5).map((n) => `new-${n}`),
    ]);
  });

  test("what has gone is out of every index", async () => {
    const things = createMemoryStore({ maxRecords: 2 }).records.collection<string>("things", {
      indexes: { self: (value) => value },
    });
    for (const key of ["a", "b", "c"]) await things.put(key, "same", { owner: "ann" });
    const index = { key: "self", value: "same" };
    expect((await things.list({ index })).map((record) => record.key)).toEqual(["c", "b"]);
    expect((await things.list({ owner: "ann" })).map((record) => record.key)).toEqual(["c", "b"]);
  });
});

describe("queues past their bounds", () => {
  test("refuse what is too much, waiting and leased together, and take it again later", async () => {
    const { queue } = createMemoryStore({ maxJobs: 2 });
    await queue.enqueue("q", "a", null);
    const job = await queue.claim("q", 1_000);
    await queue.enqueue("q", "b", null);
    expect(() => queue.enqueue("q", "c", null)).toThrow(new QueueFullError("q"));
    await queue.enqueue("q", "b", null);
    await queue.enqueue("other", "c", null);
    if (job !== undefined) await queue.ack("q", job);
    await queue.enqueue("q", "c", null);
    expect(await queue.size("q")).toBe(2);
  });

  test("a job that takes its worker down each time is dropped after its attempts", async () => {
    let now = 0;
    const { queue } = createMemoryStore({ maxAttempts: 3, now: () => now });
    await queue.enqueue("q", "poison", null);
    await queue.enqueue("q", "good", null);
    const attempts: (number | undefined)[] = [];
    for (let n = 0; n < 3; n++) {
      attempts.push((await queue.claim("q", 10))?.attempt);
      now += 10;
    }
    expect(attempts).toEqual([1, 2, 3]);
    expect((await queue.claim("q", 10))?.id).toBe("good");
    expect(await queue.size("q")).toBe(0);
  });
});

test.for([0, -1, 1.5, NaN])("a bound of %s is refused by name", (value) => {
  expect(() => createMemoryStore({ maxEventsPerLog: value })).toThrow(/maxEventsPerLog must be/);
  expect(() => createMemoryStore({ maxJobs: value })).toThrow(/maxJobs must be/);
});
