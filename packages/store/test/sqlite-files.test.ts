import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { createSqliteStore } from "../src/sqlite.js";
import { Database } from "../src/sqlite/database.js";
import { fileFault } from "../src/sqlite/file-fault.js";
import { migrate } from "../src/sqlite/migrate.js";
import { tempFolder } from "./support/temp-folder.js";

const isRoot = process.getuid?.() === 0;
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const event = { type: "test.event", data: "{}" };

/** What opening the file throws. */
function faultOf(path: string): unknown {
  try {
    void createSqliteStore({ path, busyTimeoutMs: 50 }).close();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Does something to the file as another program. */
function alter(file: string, sql: string): void {
  const other = new DatabaseSync(file);
  other.exec(sql);
  other.close();
}

describe.skipIf(process.getuid === undefined)("B216 the state folder and its files", () => {
  test("are made with modes 0700 and 0600, whatever the umask", async () => {
    using folder = tempFolder();
    const file = join(folder.path, "deep", "home", "state.db");
    const store = createSqliteStore({ path: file });
    await store.log.append(await store.log.open("a", null), [event]);
    expect([modeOf(dirname(file)), modeOf(join(folder.path, "deep"))]).toEqual([0o700, 0o700]);
    const files = readdirSync(dirname(file)).toSorted();
    expect(files).toEqual(["state.db", "state.db-shm", "state.db-wal"]);
    for (const name of files) expect(modeOf(join(dirname(file), name)), name).toBe(0o600);
    await store.close();
  });

  test("are taken away from others when the file was open to them", async () => {
    using folder = tempFolder();
    await createSqliteStore({ path: folder.file }).close();
    chmodSync(folder.file, 0o644);
    await createSqliteStore({ path: folder.file }).close();
    expect(modeOf(folder.file)).toBe(0o600);
  });

  test("are refused when others may write to the folder", () => {
    using folder = tempFolder();
    for (const mode of [0o777, 0o770, 0o702]) {
      chmodSync(folder.path, mode);
      expect(faultOf(folder.file)).toMatchObject({
        code: "store_unavailable",
        fault: "permissions",
        message: expect.stringMatching(new RegExp(`${folder.path}.*chmod 700`)),
      });
    }
    expect(readdirSync(folder.path)).toEqual([]);
    chmodSync(folder.path, 0o755);
    expect(faultOf(folder.file)).toBeUndefined();
  });

  test.skipIf(!isRoot)("are refused when they are another user's", () => {
    using folder = tempFolder();
    chownSync(folder.path, 12_345, 12_345);
    const message = expect.stringContaining("belongs to another user");
    expect(faultOf(folder.file)).toMatchObject({ fault: "permissions", message });
    chownSync(folder.path, 0, 0);
    writeFileSync(folder.file, "");
    chownSync(folder.file, 12_345, 12_345);
    expect(faultOf(folder.file)).toMatchObject({ fault: "permissions", message });
  });

  test.skipIf(isRoot)("are refused when this user may not write", () => {
    using folder = tempFolder();
    const inner = join(folder.path, "inner");
    mkdirSync(inner, { mode: 0o500 });
    expect(faultOf(join(inner, "state.db"))).toMatchObject({
      fault: "permissions",
      message: expect.stringContaining(inner),
    });
  });

  test("are refused when the file is something else", () => {
    using folder = tempFolder();
    mkdirSync(`${folder.file}-wal`);
    expect(faultOf(folder.file)).toMatchObject({ fault: "permissions" });
    symlinkSync(folder.path, join(folder.path, "link.db"));
    expect(faultOf(join(folder.path, "link.db"))).toMatchObject({ fault: "permissions" });
  });
});

describe("the version of the file", () => {
  test("newer than this program knows is refused and left alone", async () => {
    using folder = tempFolder();
    await createSqliteStore({ path: folder.file }).close();
    alter(folder.file, "PRAGMA user_version = 99");
    expect(faultOf(folder.file)).toMatchObject({
      fault: "newer_version",
      message: expect.stringMatching(/version 99.*update @wheelhouse\/store/),
    });
    alter(folder.file, "PRAGMA user_version = 1");
    expect(faultOf(folder.file)).toBeUndefined();
  });

  test("grows by the migrations that are missing, each once", () => {
    using folder = tempFolder();
    const steps = [
      "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)",
      "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1",
      "UPDATE a SET y = y * 10",
    ];
    const run = (count: number): unknown[] => {
      const database = new Database(folder.file, 50);
      migrate(database, steps.slice(0, count));
      expect(database.get("PRAGMA user_version")).toEqual({ user_version: count });
      const rows = database.all("SELECT * FROM a");
      database.close();
      return rows;
    };
    const results = [1, 1, 3, 3].map(run);
    const [before, after] = [[{ x: 1 }], [{ x: 1, y: 20 }]];
    expect(results).toEqual([before, before, after, after]);
  });

  test("stays where it was when a migration fails", () => {
    using folder = tempFolder();
    const database = new Database(folder.file, 50);
    const good = "CREATE TABLE a (x INTEGER)";
    const bad = "INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1)";
    expect(() => migrate(database, [good, bad])).toThrow("no such table: nowhere");
    expect(database.get("PRAGMA user_version")).toEqual({ user_version: 1 });
    expect(database.all("SELECT * FROM a")).toEqual([]);
    database.close();
  });

  test("of two programs that start together each migration is done by one", async () => {
    using folder = tempFolder();
    const stores = Array.from({ length: 4 }, () => createSqliteStore({ path: folder.file }));
    for (const store of stores) await store.records.collection("things").put("a", 1);
    expect((await stores[0]?.records.collection("things").get("a"))?.version).toBe(4);
    await Promise.all(stores.map((store) => store.close()));
  });
});

describe("a file that is no store", () => {
  test("is refused, by name", () => {
    using folder = tempFolder();
    writeFileSync(
      folder.file,
      "This is a letter and no database, however long it may be. ".repeat(99),
    );
    expect(faultOf(folder.file)).toMatchObject({
      fault: "not_a_store",
      message: expect.stringContaining(folder.file),
    });
  });

  test("but another program's database is refused and left alone", () => {
    using folder = tempFolder();
    alter(folder.file, "CREATE TABLE theirs (x)");
    expect(faultOf(folder.file)).toMatchObject({ fault: "not_a_store" });
    const other = new DatabaseSync(folder.file);
    expect(other.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "theirs" }]);
    other.close();
  });
});

test("every fault of SQLite has a message that names the file", () => {
  const faults: [number, string][] = [
    [5, "locked"],
    [8, "read_only"],
    [10, "io"],
    [11, "damaged"],
    [13, "full"],
    [14, "read_only"],
    [26, "not_a_store"],
    // An extended code: SQLITE_IOERR_WRITE.
    [778, "io"],
  ];
  for (const [errcode, fault] of faults) {
    const error = fileFault(Object.assign(new Error("reason"), { errcode }), "/home/a/state.db");
    expect(error).toMatchObject({ fault, message: expect.stringContaining("/home/a/state.db") });
  }
  const other = new TypeError("not SQLite's");
  expect(fileFault(other, "/home/a/state.db")).toBe(other);
});

test("an option that is none is refused by name", () => {
  for (const path of ["", ":memory:", undefined as unknown as string]) {
    expect(() => createSqliteStore({ path })).toThrow(/path must name a file/);
  }
  expect(() => createSqliteStore({ path: "x", maxBytes: 0 })).toThrow(/maxBytes/);
  expect(() => createSqliteStore({ path: "x", groupCommitMs: NaN })).toThrow(/groupCommitMs/);
  const synchronous = "off" as "full";
  expect(() => createSqliteStore({ path: "x", synchronous })).toThrow(/synchronous/);
});
