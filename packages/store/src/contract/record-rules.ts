import { isStoreClosedError, isVersionConflictError } from "../errors.js";
import { check, equal, isRangeError, isTypeError, rejects } from "./assert.js";
import { range } from "./events.js";
import { restartRule, rule, type StoreRule } from "./rule.js";
import { sleep, until } from "./wait.js";

/** What a record is: its value, version, owner and end. */
export const recordRules: readonly StoreRule[] = [
  rule("record-put", "a record comes back as it was put", async ({ store: { records } }) => {
    const things = records.collection<unknown>("things");
    equal(await things.get("a"), undefined, "a record that is not there");
    const values = [{ n: 1, deep: [null, true, "ä😀\u0000"] }, [], "text", 0, false, null];
    for (const [index, value] of values.entries()) {
      const put = await things.put(`key/${index}`, value);
      const got = await things.get(`key/${index}`);
      equal(got, put, "the record got and the record put");
      equal(got?.value, value, "the value");
      equal([got?.key, got?.owner, got?.version], [`key/${index}`, null, 1], "key, owner, version");
      equal(got?.expiresAt, undefined, "expiresAt");
      check(Math.abs(Date.now() - (got?.createdAt ?? NaN)) < 60_000, "createdAt is now");
      equal(got?.updatedAt, got?.createdAt, "updatedAt of a new record");
    }
  }),

  rule(
    "record-copy",
    "objects of the caller and records are not the same",
    async ({ store: { records } }) => {
      const things = records.collection<{ list: number[] }>("things");
      const mine = { list: [1] };
      await things.put("a", mine);
      mine.list.push(2);
      const first = await things.get("a");
      equal(first?.value, { list: [1] }, "the value after the caller changed his object");
      first?.value.list.push(3);
      equal((await things.get("a"))?.value, { list: [1] }, "the value after a reader changed his");
      const [listed] = await things.list();
      listed?.value.list.push(4);
      equal((await things.get("a"))?.value, { list: [1] }, "the value after a lister changed his");
    },
  ),

  rule(
    "record-json",
    "a value that JSON cannot express is refused",
    async ({ store: { records } }) => {
      const things = records.collection<unknown>("things");
      await things.put("a", 1);
      const cyclic: unknown[] = [];
      cyclic.push(cyclic);
      for (const value of [undefined, () => {}, 1n, cyclic]) {
        await rejects(() => things.put("a", value), isTypeError, "a put");
      }
      equal((await things.get("a"))?.version, 1, "the version after it");
    },
  ),

  rule("record-version", "the version grows with every write", async ({ store: { records } }) => {
    const things = records.collection<number>("things");
    for (const n of range(1, 4)) equal((await things.put("a", n)).version, n, "the version");
    equal((await things.put("b", 1)).version, 1, "another record's version");
    equal(await things.delete("a"), true, "delete");
    equal(await things.delete("a"), false, "delete again");
    equal(await things.get("a"), undefined, "the record after it");
    equal((await things.put("a", 1)).version, 1, "the version of a new record of the same key");
  }),

  rule("record-times", "createdAt stays, updatedAt moves", async ({ store: { records } }) => {
    const things = records.collection<number>("things");
    const first = await things.put("a", 1);
    const later = await until(async () => {
      const put = await things.put("a", 2);
      return put.updatedAt > first.updatedAt ? put : undefined;
    }, "a later updatedAt");
    equal(later.createdAt, first.createdAt, "createdAt");
  }),

  rule(
    "record-cas",
    "a write with ifVersion needs that version, 0 means not there",
    async ({ store: { records } }) => {
      const things = records.collection<string>("things");
      await rejects(
        () => things.put("a", "x", { ifVersion: 1 }),
        isVersionConflictError,
        "version 1 of a record that is not there",
      );
      equal(await things.get("a"), undefined, "the record after the refused write");
      equal(
        (await things.put("a", "first", { ifVersion: 0 })).version,
        1,
        "version 0 of no record",
      );
      await rejects(
        () => things.put("a", "x", { ifVersion: 0 }),
        isVersionConflictError,
        "version 0 of a record that is there",
      );
      equal((await things.put("a", "second", { ifVersion: 1 })).version, 2, "the version it has");
      await rejects(
        () => things.put("a", "x", { ifVersion: 1 }),
        isVersionConflictError,
        "a version that has passed",
      );
      const { value, version } = (await things.get("a")) ?? {};
      equal([value, version], ["second", 2], "the record after the refused writes");
      await things.delete("a");
      equal(
        (await things.put("a", "new", { ifVersion: 0 })).version,
        1,
        "version 0 after a delete",
      );
    },
  ),

  rule(
    "record-cas-race",
    "of writes at once with one ifVersion one gets through",
    async ({ store: { records } }) => {
      const things = records.collection<number>("things");
      const tries = range(0, 10).map(async (n) => {
        try {
          await things.put("a", n, { ifVersion: 0 });
          return [n];
        } catch (error) {
          check(isVersionConflictError(error), "the others meet a version conflict");
          return [];
        }
      });
      const winners = (await Promise.all(tries)).flat();
      equal(winners.length, 1, "writes that got through");
      equal((await things.get("a"))?.value, winners[0], "the value");
    },
  ),

  rule("record-ttl", "a record is gone when its time is over", async ({ store: { records } }) => {
    const things = records.collection<number>("things", { indexes: { kind: () => "k" } });
    const put = await things.put("a", 1, { ttlMs: 30 });
    check(Math.abs((put.expiresAt ?? 0) - Date.now() - 30) < 1_000, "expiresAt is in 30 ms");
    await things.put("b", 2, { ttlMs: 60_000 });
    await until(async () => ((await things.get("a")) ? undefined : true), "the end of the record");
    const keys = async (options?: Parameters<typeof things.list>[0]) =>
      (await things.list(options)).map((record) => record.key);
    equal(await keys(), ["b"], "the list");
    equal(await keys({ index: { key: "kind", value: "k" } }), ["b"], "the list by index");
    equal(await things.delete("a"), false, "delete");
    equal(
      (await things.put("a", 3, { ifVersion: 0 })).version,
      1,
      "version 0 of an expired record",
    );
    equal((await things.get("a"))?.expiresAt, undefined, "the new record's end");
    equal((await things.get("b"))?.value, 2, "the record whose time goes on");
  }),

  rule(
    "record-ttl-kept",
    "a write without ttlMs keeps the end, Infinity takes it away",
    async ({ store: { records } }) => {
      const things = records.collection<number>("things");
      const first = await things.put("a", 1, { ttlMs: 60_000 });
      equal((await things.put("a", 2)).expiresAt, first.expiresAt, "the end after a write without");
      const longer = await things.put("a", 3, { ttlMs: 120_000 });
      check((longer.expiresAt ?? 0) > (first.expiresAt ?? 0), "a write with ttlMs sets a new end");
      equal((await things.put("a", 4, { ttlMs: Infinity })).expiresAt, undefined, "no end");
      equal((await things.get("a"))?.expiresAt, undefined, "no end, read again");
    },
  ),

  rule(
    "record-ttl-check",
    "a time that is no number is refused",
    async ({ store: { records } }) => {
      const things = records.collection<number>("things");
      await rejects(() => things.put("a", 1, { ttlMs: NaN }), isRangeError, "a put");
      equal(await things.get("a"), undefined, "the record");
    },
  ),

  rule("record-owner", "a write without owner keeps the owner", async ({ store: { records } }) => {
    const things = records.collection<number>("things");
    equal((await things.put("a", 1, { owner: "ann" })).owner, "ann", "the first owner");
    equal((await things.put("a", 2)).owner, "ann", "after a write without owner");
    equal((await things.put("a", 3, { owner: "bob" })).owner, "bob", "the new owner");
    equal((await things.list({ owner: "ann" })).length, 0, "records of the old owner");
    equal((await things.list({ owner: "bob" })).length, 1, "records of the new owner");
    equal((await things.put("a", 4, { owner: null })).owner, null, "nobody's");
    equal((await things.get("a"))?.owner, null, "nobody's, read again");
  }),

  rule(
    "record-collections",
    "collections are apart; asking twice gives the same",
    async ({ store: { records } }) => {
      await records.collection<number>("things").put("a", 1);
      await records.collection<number>("others").put("a", 2);
      equal((await records.collection<number>("things").get("a"))?.value, 1, "of the first");
      equal((await records.collection<number>("others").get("a"))?.value, 2, "of the second");
      equal((await records.collection("things").list()).length, 1, "records of the first");
    },
  ),

  rule("record-store-closed", "a closed store takes no record", async ({ store }) => {
    const things = store.records.collection<number>("things");
    await store.close();
    await rejects(() => things.put("a", 1), isStoreClosedError, "a put");
  }),

  restartRule(
    "record-restart",
    "records outlive a restart",
    async ({ store: { records } }) => {
      const things = records.collection<number>("things", { indexes: { n: String } });
      await things.put("a", 1, { owner: "ann", ttlMs: 60_000 });
      await things.put("b", 1);
      await things.put("short", 1, { ttlMs: 1 });
      await sleep(5);
      return things.put("a", 2);
    },
    async ({ store: { records } }, kept) => {
      const things = records.collection<number>("things", { indexes: { n: String } });
      equal(await things.get("a"), kept, "the record");
      equal(await things.get("short"), undefined, "a record whose time was over");
      const listed = async (value: string) =>
        (await things.list({ index: { key: "n", value } })).map((record) => record.key);
      equal([await listed("1"), await listed("2")], [["b"], ["a"]], "the index");
      await rejects(
        () => things.put("a", 3, { ifVersion: 1 }),
        isVersionConflictError,
        "a version that has passed",
      );
    },
  ),
];
