import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore } from "../src/index.js";
import { expectRecordsOfModel, MAX_RECORDS } from "./support/records-model.js";

test("a collection is what a plain list says it is, whatever is done to it", async () => {
  await expectRecordsOfModel(async (now) => {
    const { records, close } = createMemoryStore({ maxRecords: MAX_RECORDS, now });
    return { records, cleanup: close };
  }, 1_000);
});

test("the least recently written records go, in the order of their writes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 200 }), async (keys) => {
      const store = createMemoryStore({ maxRecords: MAX_RECORDS });
      const things = store.records.collection<number>("things");
      const kept = new Set<string>();
      for (const written of keys.map(String)) {
        await things.put(written, 0);
        kept.delete(written);
        kept.add(written);
        for (const oldest of kept) if (kept.size > MAX_RECORDS) kept.delete(oldest);
      }
      const listed = (await things.list()).map((record) => record.key);
      expect(listed.toSorted()).toEqual([...kept].toSorted());
    }),
  );
});
