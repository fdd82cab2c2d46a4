import type { Collection, ListOptions } from "../ports/records.js";
import { equal, isRangeError, rejects } from "./assert.js";
import { range } from "./events.js";
import { rule, type StoreRule } from "./rule.js";

interface Thing {
  readonly kind?: string;
}

const indexes = { kind: (thing: Thing) => thing.kind };

async function keys<Value>(
  collection: Collection<Value>,
  options?: ListOptions,
): Promise<readonly string[]> {
  return (await collection.list(options)).map((record) => record.key);
}

/** How records are found and paged. */
export const listRules: readonly StoreRule[] = [
  rule(
    "list-order",
    "the newest created comes first; a later write moves nothing",
    async ({ store: { records } }) => {
      const things = records.collection<number>("things");
      equal(await keys(things), [], "an empty collection");
      for (const key of ["b", "c", "a"]) await things.put(key, 1);
      await things.put("b", 2);
      equal(await keys(things), ["a", "c", "b"], "by default");
      equal(await keys(things, { order: "desc" }), ["a", "c", "b"], "descending");
      equal(await keys(things, { order: "asc" }), ["b", "c", "a"], "ascending");
      await things.delete("b");
      await things.put("b", 3);
      equal(await keys(things, { order: "asc" }), ["c", "a", "b"], "after it was created anew");
    },
  ),

  rule(
    "list-owner",
    "the owner filter gives that owner's records alone",
    async ({ store: { records } }) => {
      const things = records.collection<number>("things");
      await things.put("1", 1, { owner: "ann" });
      await things.put("2", 1, { owner: "bob" });
      await things.put("3", 1);
      await things.put("4", 1, { owner: "ann" });
      await things.put("5", 1, { owner: "null" });
      equal(await keys(things, { owner: "ann" }), ["4", "1"], "ann's");
      equal(await keys(things, { owner: "bob", order: "asc" }), ["2"], "bob's");
      equal(await keys(things, { owner: "cat" }), [], "cat's");
      equal(await keys(things, { owner: null }), ["3"], "nobody's");
      equal((await keys(things)).length, 5, "everybody's");
    },
  ),

  rule(
    "list-index",
    "an index finds the records that have the value now",
    async ({ store: { records } }) => {
      const things = records.collection<Thing>("things", { indexes });
      await things.put("1", { kind: "red" });
      await things.put("2", { kind: "blue" }, { owner: "ann" });
      await things.put("3", {});
      await things.put("4", { kind: "red" }, { owner: "ann" });
      const of = async (value: string, options?: ListOptions) =>
        keys(things, { ...options, index: { key: "kind", value } });
      equal(await of("red"), ["4", "1"], "red");
      equal(await of("red", { order: "asc" }), ["1", "4"], "red, ascending");
      equal(await of("red", { owner: "ann" }), ["4"], "ann's red");
      equal(await of("red", { owner: null }), ["1"], "nobody's red");
      for (const key of ["5", "6", "7"]) await things.put(key, {}, { owner: "ann" });
      equal(await of("red", { owner: "ann" }), ["4"], "ann's red among many of hers");
      equal(
        [await of("green"), await of("undefined"), await of("")],
        [[], [], []],
        "no value of any",
      );
      await things.put("2", { kind: "red" });
      equal([await of("red"), await of("blue")], [["4", "2", "1"], []], "after a record changed");
      await things.put("4", {});
      await things.delete("1");
      equal(await of("red"), ["2"], "after one left the index and one was deleted");
    },
  ),

  rule(
    "list-index-declared",
    "an index must be declared, in any call of collection()",
    async ({ store: { records } }) => {
      const things = records.collection<Thing>("things");
      await things.put("1", { kind: "red" });
      const options = { index: { key: "kind", value: "red" } };
      await rejects(() => things.list(options), isRangeError, "an index that is not declared");
      const again = records.collection<Thing>("things", { indexes });
      equal(await keys(again, options), ["1"], "by the declared index");
      equal(await keys(things, options), ["1"], "by the collection asked for before");
    },
  ),

  rule(
    "list-pages",
    "pages in either order give every record once",
    async ({ store: { records } }) => {
      const things = records.collection<Thing>("things", { indexes });
      const created = range(0, 25).map((n) => `key-${(n * 7) % 25}`);
      for (const [n, key] of created.entries()) {
        await things.put(
          key,
          { kind: n % 2 === 0 ? "even" : "odd" },
          { owner: n % 3 === 0 ? "ann" : null },
        );
      }
      const pages = async (options: ListOptions) => {
        const found: string[] = [];
        for (;;) {
          const after = found.at(-1);
          const page = await keys(things, after === undefined ? options : { ...options, after });
          if (page.length === 0) return found;
          found.push(...page);
        }
      };
      for (const limit of [1, 4, 25, 1_000]) {
        equal(await pages({ limit, order: "asc" }), created, `ascending by ${limit}`);
        equal(
          await pages({ limit, order: "desc" }),
          created.toReversed(),
          `descending by ${limit}`,
        );
      }
      const even = created.filter((_, n) => n % 2 === 0);
      const index = { key: "kind", value: "even" };
      equal(await pages({ limit: 3, order: "asc", index }), even, "even ones");
      const anns = created.filter((_, n) => n % 3 === 0);
      equal(await pages({ limit: 2, owner: "ann" }), anns.toReversed(), "ann's");
    },
  ),

  rule(
    "list-after",
    "a page goes on after a record that is there",
    async ({ store: { records } }) => {
      const things = records.collection<Thing>("things", { indexes });
      for (const key of ["1", "2", "3", "4"]) {
        await things.put(key, { kind: key === "2" ? "blue" : "red" });
      }
      const index = { key: "kind", value: "red" };
      equal(await keys(things, { after: "3" }), ["2", "1"], "after 3");
      equal(
        await keys(things, { after: "2", order: "asc", index }),
        ["3", "4"],
        "after one of another kind",
      );
      equal(await keys(things, { after: "1" }), [], "after the last");
      equal(await keys(things, { after: "missing" }), [], "after one that is not there");
      await things.delete("2");
      equal(await keys(things, { after: "2" }), [], "after one that is gone");
    },
  ),

  rule(
    "list-limit",
    "a list gives 100 records unless told otherwise, 1,000 at most",
    async ({ store: { records } }) => {
      const things = records.collection<number>("things");
      for (const n of range(0, 120)) await things.put(`key-${n}`, n);
      equal((await things.list()).length, 100, "by default");
      equal((await things.list({ limit: 1 })).length, 1, "one");
      equal((await things.list({ limit: 1_000 })).length, 120, "all");
      for (const limit of [0, -1, 1.5, 1_001, NaN]) {
        await rejects(() => things.list({ limit }), isRangeError, `limit ${limit}`);
      }
    },
  ),
];
