import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import type { Store } from "../src/index.js";
import { createSqliteStore, type SqliteStoreOptions } from "../src/sqlite.js";
import { tempFolder } from "./support/temp-folder.js";
import { until } from "./support/until.js";

const DAY = 86_400_000;

/** A store whose time is set by hand, swept all the time. */
function sweptStore(options: Omit<SqliteStoreOptions, "path"> = {}) {
  const folder = tempFolder();
  const clock = { now: Date.now() };
  const store = createSqliteStore({
    synchronous: "normal",
    sweepMs: 5,
    now: () => clock.now,
    ...options,
    path: folder.file,
  });
  onTestFinished(async () => {
    await store.close();
    folder[Symbol.dispose]();
  });
  const rows = (table: string): unknown => {
    const other = new DatabaseSync(folder.file, { readOnly: true });
    const row = other.prepare(`SELECT count(*) AS count FROM ${table}`).get();
    other.close();
    return row?.["count"];
  };
  return { store, clock, rows, file: folder.file };
}

async function logOf({ log }: Store, logId: string, characters = 10): Promise<void> {
  const writer = await log.open(logId, null);
  await log.append(writer, [{ type: "test.event", data: "x".repeat(characters) }]);
  if (!logId.startsWith("open")) await log.close(writer);
}

test("logs go 30 days after their end, or after the last append of one without end", async () => {
  const { store, clock, rows } = sweptStore();
  const { log } = store;
  for (const id of ["old", "open-old", "open-renewed"]) await logOf(store, id);
  clock.now += 20 * DAY;
  await logOf(store, "open-renewed");
  await logOf(store, "young");
  clock.now += 9 * DAY;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await log.info("old")).toMatchObject({ closed: true });
  clock.now += 2 * DAY;
  await until(async () => (await log.info("old")) === undefined, "the end of the finished log");
  await until(async () => (await log.info("open-old")) === undefined, "the end of the idle log");
  expect(await log.info("young")).toMatchObject({ nextSeq: 1 });
  expect(await log.info("open-renewed")).toMatchObject({ nextSeq: 2 });
  await until(() => rows("segments") === 3, "the end of their events");
});

test("records that have expired leave the file, with their index", async () => {
  const { store, clock, rows } = sweptStore();
  const things = store.records.collection<number>("things", { indexes: { n: String } });
  for (let n = 0; n < 1_200; n++) void things.put(`short-${n}`, n, { ttlMs: 1_000 });
  await things.put("long", 1, { ttlMs: 5_000 });
  clock.now += 2_000;
  await until(() => rows("records") === 1 && rows("record_index") === 1, "one record left");
  expect((await things.get("long"))?.value).toBe(1);
});

test("past the bound of the file closed logs go, the first closed first; running ones stay", async () => {
  const { store, clock } = sweptStore({ maxBytes: 6_000_000 });
  const { log } = store;
  await logOf(store, "open-running", 100_000);
  for (let n = 0; n < 100; n++) {
    clock.now += 1;
    await logOf(store, `run-${n}`, 100_000);
  }
  await until(async () => (await log.info("run-0")) === undefined, "the end of the first closed");
  await until(async () => (await log.info("run-30")) === undefined, "the end of the next ones");
  expect(await log.info("run-99")).toMatchObject({ nextSeq: 1 });
  expect((await log.read("open-running", -1, 1)).entries.length).toBe(1);
});

test("a removed log is gone at once, its events and their room soon", async () => {
  const { store, rows, file } = sweptStore();
  const { log } = store;
  const writer = await log.open("a", null);
  for (let n = 0; n < 3_000; n++) {
    void log.append(writer, [{ type: "test.event", data: "x".repeat(5_000) }]);
  }
  await log.append(writer, []);
  await log.remove("a");
  expect(await log.info("a")).toBeUndefined();
  await until(() => rows("segments") === 0 && rows("removed_logs") === 0, "the end of its events");
  await until(() => statSync(file).size < 9_000_000, "a smaller file");
});

test("old signals leave the file", async () => {
  const { store, clock, rows } = sweptStore();
  for (let n = 0; n < 50; n++) await store.signals.send("a");
  expect(rows("signals")).toBe(50);
  clock.now += 60_000;
  await until(() => rows("signals") === 0, "no signals");
});

test("a store that is closed keeps no timer", async () => {
  const { store } = sweptStore();
  const tail = store.log.tail("a", -1, new AbortController().signal)[Symbol.asyncIterator]();
  store.signals.listen("a", () => {});
  await logOf(store, "open");
  const before = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  await store.close();
  await tail.next();
  const after = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  expect(after).toBeLessThanOrEqual(before);
});
