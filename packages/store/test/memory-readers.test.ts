import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { createMemoryStore, type Log, type LogBatch, type LogEvent } from "../src/index.js";

const events = (count: number): LogEvent[] =>
  Array.from({ length: count }, (_, n) => ({ type: "test.event", data: `{"n":${n}}` }));

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

async function seqsHeld(log: Log, logId: string): Promise<number[]> {
  return (await log.read(logId, -1, Infinity)).entries.map((entry) => entry.seq);
}

function seqs(result: IteratorResult<LogBatch>): number[] | undefined {
  return result.done === true ? undefined : result.value.entries.map((entry) => entry.seq);
}

describe("readers of the memory driver", () => {
  test("get everything available as one batch, appends of one tick together", async () => {
    const { log } = createMemoryStore();
    const writer = await log.open("a", null);
    const reader = log.tail("a", -1, new AbortController().signal)[Symbol.asyncIterator]();
    const waiting = reader.next();
    void log.append(writer, events(2));
    void log.append(writer, events(3));
    expect(seqs(await waiting)).toEqual([0, 1, 2, 3, 4]);
    for (let n = 0; n < 5; n++) await log.append(writer, events(1));
    expect(seqs(await reader.next())).toEqual([5, 6, 7, 8, 9]);
    await reader.return?.();
  });

  test("share one abort listener and leave none, however they end", async () => {
    const { log } = createMemoryStore();
    const writer = await log.open("a", null);
    const { signal } = new AbortController();
    const readers = Array.from({ length: 50 }, () =>
      log.tail("a", -1, signal)[Symbol.asyncIterator](),
    );
    const waiting = readers.map((reader) => reader.next());
    expect(listeners(signal)).toBe(1);
    for (const reader of readers.slice(0, 20)) await reader.return?.();
    expect(listeners(signal)).toBe(1);
    await log.append(writer, events(1));
    await log.close(writer);
    await Promise.all(waiting);
    await Promise.all(readers.map((reader) => reader.next()));
    expect(listeners(signal)).toBe(0);
  });

  test("leave no listener on a signal that aborted, nor one that never waited", async () => {
    const { log } = createMemoryStore();
    await log.append(await log.open("a", null), events(1));
    const leaving = new AbortController();
    const reader = log.tail("a", -1, leaving.signal)[Symbol.asyncIterator]();
    await reader.next();
    expect(listeners(leaving.signal)).toBe(0);
    const waiting = reader.next();
    leaving.abort();
    expect((await waiting).done).toBe(true);
    expect(listeners(leaving.signal)).toBe(0);
  });

  test("opened and dropped by the thousand on one signal, they do not add up", async () => {
    const { log } = createMemoryStore();
    const writer = await log.open("a", null);
    await log.append(writer, events(1));
    const { signal } = new AbortController();
    const dropped: WeakRef<object>[] = [];
    for (let n = 0; n < 2_000; n++) {
      log.tail("a", -1, signal);
      const left = log.tail("a", 0, signal)[Symbol.asyncIterator]();
      const waiting = left.next();
      await left.return?.();
      await waiting;
      // This one has waited once and is then forgotten without return().
      const forgotten = log.tail("a", n, signal)[Symbol.asyncIterator]();
      const next = forgotten.next();
      await log.append(writer, events(1));
      await next;
      dropped.push(new WeakRef(forgotten));
    }
    expect(listeners(signal)).toBe(1);
    // Finished promises let go of what they held only once this turn of the loop is over.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collectGarbage();
    const alive = dropped.filter((ref) => ref.deref() !== undefined).length;
    expect(alive).toBeLessThan(20);
  });
});

describe("logs of unread events", () => {
  const unread = { retain: "unread" } as const;

  test("keep everything until a reader comes, then only what it has not read", async () => {
    const { log } = createMemoryStore();
    const writer = await log.open("a", null, unread);
    await log.append(writer, events(3));
    expect(await seqsHeld(log, "a")).toEqual([0, 1, 2]);
    const reader = log.tail("a", -1, new AbortController().signal)[Symbol.asyncIterator]();
    expect(await seqsHeld(log, "a")).toEqual([0, 1, 2]);
    expect(seqs(await reader.next())).toEqual([0, 1, 2]);
    expect(await seqsHeld(log, "a")).toEqual([]);
    await log.append(writer, events(2));
    expect(await seqsHeld(log, "a")).toEqual([3, 4]);
    await reader.return?.();
    expect(await seqsHeld(log, "a")).toEqual([3, 4]);
  });

  test("keep what the slowest reader has not read, until it leaves", async () => {
    const { log } = createMemoryStore();
    const writer = await log.open("a", null, unread);
    await log.append(writer, events(4));
    const gone = new AbortController();
    const slow = log.tail("a", 1, gone.signal)[Symbol.asyncIterator]();
    const fast = log.tail("a", -1, new AbortController().signal)[Symbol.asyncIterator]();
    expect(seqs(await fast.next())).toEqual([0, 1, 2, 3]);
    expect(await seqsHeld(log, "a")).toEqual([2, 3]);
    gone.abort();
    expect(await seqsHeld(log, "a")).toEqual([]);
    expect((await slow.next()).done).toBe(true);
    await fast.return?.();
  });

  test("go once they are closed and read, and take no room among the closed", async () => {
    const { log } = createMemoryStore({ maxFinishedLogs: 2 });
    const kept = await log.open("kept", null);
    await log.append(kept, events(1));
    await log.close(kept);
    for (let n = 0; n < 10; n++) {
      const writer = await log.open(`run-${n}`, null, unread);
      const { signal } = new AbortController();
      await log.append(writer, events(1));
      await log.close(writer);
      let read = 0;
      for await (const batch of log.tail(`run-${n}`, -1, signal)) read += batch.entries.length;
      expect(read).toBe(1);
      expect(await log.info(`run-${n}`)).toBeUndefined();
      expect(listeners(signal)).toBe(0);
    }
    expect(await seqsHeld(log, "kept")).toEqual([0]);
  });

  test("go at their end when their reader left before", async () => {
    const { log } = createMemoryStore();
    const writer = await log.open("a", null, unread);
    const gone = new AbortController();
    const waiting = log.tail("a", -1, gone.signal)[Symbol.asyncIterator]().next();
    gone.abort();
    await waiting;
    await log.append(writer, events(1));
    await log.close(writer);
    expect(await log.info("a")).toBeUndefined();
    await log.close(writer);
  });
});

test("the memory driver answers at once", async () => {
  const { log, records, queue, signals, close } = createMemoryStore();
  const writer = log.open("a", null);
  expect(writer).toMatchObject({ epoch: 1 });
  if (writer instanceof Promise) return;
  expect(log.append(writer, events(1))).toEqual({ lastSeq: 0, cancelRequested: false });
  expect(log.read("a", -1, 1)).toMatchObject({ entries: [{ seq: 0 }] });
  expect(records.collection("things").put("a", 1)).toMatchObject({ version: 1 });
  expect(queue.enqueue("q", "a", 1)).toBeUndefined();
  expect(queue.claim("q", 1)).toMatchObject({ id: "a" });
  expect(signals.send("a")).toBeUndefined();
  await close();
});

test("a listener that throws is logged", async () => {
  const lines: unknown[] = [];
  const line = (...args: unknown[]): void => void lines.push(args.at(-1));
  const logger = { debug: line, info: line, warn: line, error: line };
  const { signals } = createMemoryStore({ logger });
  signals.listen("a", () => {
    throw new Error("a listener's fault");
  });
  await signals.send("a");
  expect(lines).toEqual([expect.stringContaining("a listener's fault")]);
});
