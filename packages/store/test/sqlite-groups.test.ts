import { expect, test } from "vitest";
import { storeOver } from "../src/sqlite/create-sqlite-store.js";
import { Database } from "../src/sqlite/database.js";
import { migrate } from "../src/sqlite/migrate.js";
import { MIGRATIONS } from "../src/sqlite/migrations.js";
import { sqliteSettings } from "../src/sqlite/sqlite-options.js";
import { tempFolder } from "./support/temp-folder.js";

const EVENT = { type: "test.event", data: "{}" };

/** A store that counts its commits, over a file of its own. */
function counting(file: string, groupCommitMs: number) {
  let commits = 0;
  const sync = {
    afterSync(callback: (error: Error | null) => void) {
      commits++;
      callback(null);
    },
    close: () => {},
  };
  const database = new Database(file, 50);
  migrate(database, MIGRATIONS);
  const store = storeOver(database, sqliteSettings({ path: file, groupCommitMs }), sync);
  return { ...store, commits: () => commits };
}

/** An hour: what waits for the rest of its group waits for longer than the test. */
const HOUR = 3_600_000;

test("a write is committed at once where no live log gathers events", async () => {
  using folder = tempFolder();
  const { log, records, close } = counting(folder.file, HOUR);
  const writer = await log.open("a", null);
  await log.append(writer, [EVENT]);
  for (let at = 0; at < 5; at++) await records.collection("c").put(`${at}`, {});
  expect((await log.read("a", -1, 9)).entries).toHaveLength(1);
  await close();
});

test("writes that come while live logs gather events share commits, and none waits for a whole group", async () => {
  using folder = tempFolder();
  const groupMs = 200;
  const { log, records, close, commits } = counting(folder.file, groupMs);
  const writer = await log.open("a", null);
  await log.append(writer, [EVENT]);
  const before = commits();
  const began = performance.now();
  const appended = log.append(writer, [EVENT]);
  const took: number[] = [];
  // One after the other, each in a turn of its own.
  const puts = Array.from({ length: 20 }, async (_, at) => {
    await new Promise((resolve) => setTimeout(resolve, at));
    const asked = performance.now();
    await records.collection("c").put(`${at}`, {});
    took.push(performance.now() - asked);
  });
  await Promise.all([appended, ...puts]);
  // What waited was committed with them, long before its own time was over.
  expect(performance.now() - began).toBeLessThan(groupMs);
  expect(Math.max(...took)).toBeLessThan(groupMs);
  expect(commits() - before).toBeLessThan(10);
  await close();
});
