import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { LogEvent } from "../src/index.js";
import { createSqliteStore } from "../src/sqlite.js";
import { storeOver } from "../src/sqlite/create-sqlite-store.js";
import { Database } from "../src/sqlite/database.js";
import { migrate } from "../src/sqlite/migrate.js";
import { MIGRATIONS } from "../src/sqlite/migrations.js";
import { sqliteSettings } from "../src/sqlite/sqlite-options.js";
import { keepingLogger } from "./support/logger.js";
import { tempFolder } from "./support/temp-folder.js";
import { until } from "./support/until.js";

const events = (count: number, size = 10): LogEvent[] =>
  Array.from({ length: count }, () => ({ type: "test.event", data: "x".repeat(size) }));

test("a file that another program has locked is waited for, and nothing else is held up", async () => {
  using folder = tempFolder();
  const { log, close } = createSqliteStore({ path: folder.file });
  const writer = await log.open("a", null);
  const other = new DatabaseSync(folder.file);
  other.exec("BEGIN IMMEDIATE");
  const appends = [1, 2, 3].map(async (count) => log.append(writer, events(count)));
  let turns = 0;
  const ticking = setInterval(() => turns++, 10);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(turns).toBeGreaterThan(4);
  expect((await log.read("a", -1, 9)).entries).toEqual([]);
  other.exec("COMMIT");
  expect((await Promise.all(appends)).map((result) => result.lastSeq)).toEqual([0, 2, 5]);
  clearInterval(ticking);
  other.close();
  await close();
});

test("a file that stays locked fails the writes in time, and later ones go on", async () => {
  using folder = tempFolder();
  const { log, close } = createSqliteStore({ path: folder.file, busyTimeoutMs: 100 });
  const writer = await log.open("a", null);
  const other = new DatabaseSync(folder.file);
  other.exec("BEGIN IMMEDIATE");
  await expect(log.append(writer, events(1))).rejects.toMatchObject({
    code: "store_unavailable",
    fault: "locked",
    message: expect.stringContaining(folder.file),
  });
  other.exec("COMMIT");
  other.close();
  expect(await log.append(writer, events(1))).toMatchObject({ lastSeq: 0 });
  await close();
});

test("nothing is acknowledged or given to a tail that is not on the disk yet", async () => {
  using folder = tempFolder();
  const waiting: ((error: Error | null) => void)[] = [];
  const sync = {
    afterSync: (callback: (error: Error | null) => void) => void waiting.push(callback),
    close: () => {},
  };
  const synced = async (error: Error | null): Promise<void> => {
    await until(() => waiting.length > 0, "a commit that waits for its sync");
    waiting.shift()?.(error);
  };
  const database = new Database(folder.file, 50);
  migrate(database, MIGRATIONS);
  const { log, close } = storeOver(database, sqliteSettings({ path: folder.file }), sync);
  const writer = await log.open("a", null);
  const tail = (after: number) =>
    log.tail("a", after, new AbortController().signal)[Symbol.asyncIterator]();
  const told: string[] = [];
  const first = Promise.resolve(log.append(writer, events(2))).then(() => told.push("append"));
  await until(() => waiting.length > 0, "the first commit");
  const early = tail(-1);
  const next = early.next().then(() => told.push("tail"));
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(told).toEqual([]);
  await synced(null);
  await Promise.all([first, next]);
  expect(told.toSorted()).toEqual(["append", "tail"]);
  const lost = Promise.resolve(log.append(writer, events(1)));
  await synced(new Error("EIO"));
  await expect(lost).rejects.toMatchObject({
    fault: "io",
    message: expect.stringContaining("EIO"),
  });
  await close();
});

test("a full disk fails the write with a clear error, and takes nothing that was there", async () => {
  using folder = tempFolder();
  const settings = sqliteSettings({ path: folder.file });
  const database = new Database(folder.file, 50);
  migrate(database, MIGRATIONS);
  const { log, records, close } = storeOver(database, settings);
  const writer = await log.open("a", null);
  await log.append(writer, events(3));
  database.exec("PRAGMA max_page_count = 60");
  const big = log.append(writer, events(1, 1_000_000));
  const small = records.collection("things").put("a", 1);
  await expect(big).rejects.toMatchObject({
    fault: "full",
    message: expect.stringMatching(/no room.*state\.db/),
  });
  expect(await small).toMatchObject({ version: 1 });
  expect((await log.read("a", -1, 9)).entries.length).toBe(3);
  database.exec("PRAGMA max_page_count = 100000");
  expect(await log.append(writer, events(1))).toMatchObject({ lastSeq: 3 });
  await close();
});

test("a write that fails takes down no other log's in the same commit", async () => {
  using folder = tempFolder();
  const settings = sqliteSettings({ path: folder.file });
  const database = new Database(folder.file, 50);
  migrate(database, MIGRATIONS);
  const { log, close } = storeOver(database, settings);
  database.exec(`CREATE TRIGGER no AFTER INSERT ON segments WHEN new.events LIKE '%bad%'
    BEGIN SELECT RAISE(ABORT, 'no'); END`);
  const writer = await log.open("a", null);
  const other = await log.open("b", null);
  const results = await Promise.allSettled([
    log.append(writer, [{ type: "test.event", data: "bad" }]),
    log.append(writer, events(1)),
    log.append(other, events(2)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  expect((await log.info("a"))?.nextSeq).toBe(0);
  expect(await log.append(writer, events(1))).toMatchObject({ lastSeq: 0 });
  await close();
});

test("what waits for a locked file has a bound, past which writes are refused", async () => {
  using folder = tempFolder();
  const { log, records, close } = createSqliteStore({ path: folder.file });
  const writer = await log.open("a", null);
  const other = new DatabaseSync(folder.file);
  other.exec("BEGIN IMMEDIATE");
  const taken = Array.from({ length: 9 }, async () => log.append(writer, events(1, 8_000_000)));
  const refused = { fault: "overloaded", message: expect.stringContaining(folder.file) };
  await expect(log.append(writer, events(1))).rejects.toMatchObject(refused);
  await expect(records.collection("things").put("a", 1)).rejects.toMatchObject(refused);
  other.exec("COMMIT");
  other.close();
  expect((await Promise.all(taken)).at(-1)?.lastSeq).toBe(8);
  expect(await log.append(writer, events(1))).toMatchObject({ lastSeq: 9 });
  await close();
});

test("damaged rows are reported once, seen as a gap, and no other log's matter", async () => {
  using folder = tempFolder();
  const { logger, lines } = keepingLogger();
  const { log, records, close } = createSqliteStore({ path: folder.file, logger });
  for (const id of ["a", "b"]) {
    const writer = await log.open(id, null);
    for (let n = 0; n < 3; n++) await log.append(writer, events(2));
    await log.close(writer);
  }
  const things = records.collection<number>("things");
  for (const key of ["1", "2", "3"]) await things.put(key, Number(key));
  const other = new DatabaseSync(folder.file);
  other.exec("UPDATE segments SET events = '[\"half' WHERE log = 1 AND first_seq = 2");
  other.exec("UPDATE records SET value = '{' WHERE key = '2'");
  other.close();
  const seqs = async (after: number) => {
    const { entries, gapBefore } = await log.read("a", after, 99);
    return [entries.map((entry) => entry.seq), gapBefore];
  };
  expect([await seqs(-1), await seqs(1), await seqs(3)]).toEqual([
    [[0, 1], undefined],
    [[4, 5], 4],
    [[4, 5], undefined],
  ]);
  const tailed: unknown[] = [];
  for await (const { entries, gapBefore } of log.tail("a", -1, AbortSignal.timeout(5_000))) {
    tailed.push([entries.map((entry) => entry.seq), gapBefore]);
  }
  expect(tailed).toEqual([
    [[0, 1], undefined],
    [[4, 5], 4],
  ]);
  expect((await log.read("b", -1, 99)).entries.length).toBe(6);
  expect((await things.list()).map((record) => record.key)).toEqual(["3", "1"]);
  expect(await things.get("2")).toBeUndefined();
  expect(lines.filter((line) => line.includes("Events of a log are damaged")).length).toBe(1);
  expect(lines.some((line) => line.includes("A record is damaged"))).toBe(true);
  await close();
});

test("a damaged file fails with its name and a remedy", async () => {
  using folder = tempFolder();
  const first = createSqliteStore({ path: folder.file });
  const writer = await first.log.open("a", null);
  for (let n = 0; n < 20; n++) await first.log.append(writer, events(50, 100));
  await first.close();
  const bytes = readFileSync(folder.file);
  writeFileSync(folder.file, bytes.fill(0xab, 4_096));
  const use = async (): Promise<unknown> => {
    const { log, close } = createSqliteStore({ path: folder.file });
    try {
      return await log.read("a", -1, Infinity);
    } finally {
      await close();
    }
  };
  await expect(use()).rejects.toMatchObject({
    fault: "damaged",
    message: expect.stringMatching(/state\.db.*restore it from a backup/),
  });
});
