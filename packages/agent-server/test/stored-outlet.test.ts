import { createMemoryStore, type LogEntry, type LogEvent, type Store } from "@wheelhouse/store";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LateAnswers } from "../src/stored/late-answers.js";
import { createStoredOutlet, type LiveReader } from "../src/stored/stored-outlet.js";
import { remoteStore } from "./support/remote-store.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

const delta = (text: string): LogEvent => ({ type: "response.output_text.delta", data: text });
const LAST: LogEvent = { type: "response.completed", data: "{}" };

async function opened(store: Store) {
  const told: string[] = [];
  const writer = await store.log.open("log", null);
  const note = (what: string) => () => void told.push(what);
  const outlet = createStoredOutlet(store.log, writer, new LateAnswers(), {
    faulted: note("faulted"),
    broken: note("broken"),
    fenced: note("fenced"),
    cancelRequested: note("cancel"),
  });
  return { outlet, told };
}

/** Everything that a reader gets, read as the server reads. */
async function readAll(store: Store, reader: LiveReader): Promise<LogEntry[]> {
  const all: LogEntry[] = [];
  let cursor = -1;
  const take = (entries: readonly LogEntry[]): void => {
    all.push(...entries);
    cursor = entries.at(-1)?.seq ?? cursor;
    reader.read(
      cursor,
      entries.reduce((sum, { data }) => sum + data.length, 0),
    );
  };
  if (reader.fedFrom === undefined)
    for await (const { entries } of store.log.tail("log", -1, reader.gone.signal)) take(entries);
  for (let next = await reader.take(cursor); next !== undefined; next = await reader.take(cursor))
    take(next);
  reader.leave();
  return all;
}

const seqs = (entries: readonly LogEntry[]): number[] => entries.map(({ seq }) => seq);

describe("the way of a stored run into its log", () => {
  test("R72 whenever the store fails, readers that are there get every event once, in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
        fc.option(fc.integer({ min: 1, max: 12 })),
        fc.boolean(),
        fc.boolean(),
        async (turns, failsAt, holds, isSync) => {
          const store = remoteStore({
            sync: isSync,
            fault: (method, calls) => {
              if (method === "append" && failsAt !== null && calls >= failsAt)
                throw new Error("no room");
            },
          });
          const { outlet, told } = await opened(store);
          const reading = readAll(store, outlet.attach(-1, holds));
          let count = 0;
          for (const turn of turns) {
            for (let at = 0; at < turn; at++) void outlet.send([delta(String(count++))]);
            await new Promise((resolve) => setImmediate(resolve));
          }
          void outlet.send([LAST]);
          let beside = 0;
          await outlet.close(() => void beside++).catch(() => {});
          const entries = await reading;
          expect(seqs(entries)).toEqual(Array.from({ length: count + 1 }, (_, at) => at));
          expect(entries.slice(0, -1).map(({ data }) => Number(data))).toEqual(
            Array.from({ length: count }, (_, at) => at),
          );
          expect(beside).toBe(1);
          expect(told.filter((what) => what === "faulted").length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a run that nobody reads is told when the store fails", async () => {
    const store = remoteStore({
      fault: (method) => {
        if (method === "append") throw new Error("no room");
      },
    });
    const { outlet, told } = await opened(store);
    void outlet.send([delta("x")]);
    await expect(outlet.close(() => {})).rejects.toThrow("no room");
    expect(told).toEqual(["broken"]);
  });

  test("a reader whose run it is holds the author back, others do not", async () => {
    const store = createMemoryStore();
    const { outlet } = await opened(store);
    const other = outlet.attach(-1, false);
    const own = outlet.attach(-1, true);
    let waits: Promise<void> | undefined;
    let sent = 0;
    while (waits === undefined && sent < 50_000) {
      waits = outlet.send([delta("x")]);
      if (++sent % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(10_000);
    own.leave();
    await waits;
    other.leave();
    for (let at = 0; at < 20_000; at++) {
      const room = outlet.send([delta("x")]);
      if (room !== undefined) await room;
    }
  });

  test("another writer ends it without a word to the log", async () => {
    const store = createMemoryStore();
    const { outlet, told } = await opened(store);
    await store.log.open("log", null);
    void outlet.send([delta("lost")]);
    await new Promise((resolve) => setImmediate(resolve));
    await outlet.close(() => told.push("beside"));
    expect(told).toEqual(["fenced"]);
    expect((await store.log.read("log", -1, 10)).entries).toEqual([]);
  });

  test("a cancel is seen with the next append, or sign of life", async () => {
    const store = createMemoryStore();
    const { outlet, told } = await opened(store);
    await store.log.requestCancel("log");
    outlet.renew();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(["cancel"]);
  });
});
