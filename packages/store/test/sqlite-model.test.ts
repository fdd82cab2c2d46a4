import { expect, onTestFinished, test } from "vitest";
import type { LogEvent } from "../src/index.js";
import { createSqliteStore, type SqliteStoreOptions } from "../src/sqlite.js";
import { expectLogOfModel, MAX_EVENTS } from "./support/log-model.js";
import { expectQueueOfModel } from "./support/queue-model.js";
import { expectRecordsOfModel } from "./support/records-model.js";
import { tempFolder } from "./support/temp-folder.js";

/** A store that answers quickly: what is tried here is not durability. */
function quickStore(options: Omit<SqliteStoreOptions, "path"> = {}) {
  const folder = tempFolder();
  const store = createSqliteStore({
    groupCommitMs: 0,
    synchronous: "normal",
    ...options,
    path: folder.file,
  });
  return {
    store,
    async close() {
      await store.close();
      folder[Symbol.dispose]();
    },
  };
}

test("a log is what a plain array says it is, whatever is done to it", async () => {
  const { store, close } = quickStore({ maxEventsPerLog: MAX_EVENTS });
  onTestFinished(close);
  await expectLogOfModel(
    async () => ({ log: store.log, cleanup: () => store.log.remove("a") }),
    150,
  );
});

test("a collection is what a plain list says it is, whatever is done to it", async () => {
  await expectRecordsOfModel(async (now) => {
    const { store, close } = quickStore({ now });
    return { records: store.records, cleanup: close };
  }, 60);
});

test("no job is lost or held by two, and each tenant's are served in order", async () => {
  await expectQueueOfModel(async (now) => {
    const { store, close } = quickStore({ now });
    return { queue: store.queue, cleanup: close };
  }, 60);
});

const delta = (itemId: string): LogEvent => ({
  type: "response.output_text.delta",
  data: JSON.stringify({ type: "response.output_text.delta", item_id: itemId, delta: "a" }),
});

test("past its bound a log lets go of the deltas of complete items first, without a gap", async () => {
  const { store, close } = quickStore({ maxEventsPerLog: 10 });
  onTestFinished(close);
  const writer = await store.log.open("a", null);
  const done = { type: "response.output_item.done", data: '{"item":{"id":"m1"}}' };
  const plain = { type: "test.event", data: "{}" };
  await store.log.append(writer, [delta("m1"), delta("m1"), delta("m2"), done, delta("m2")]);
  await store.log.append(writer, [plain, plain, plain, plain, plain]);
  await store.log.append(writer, [plain]);
  const { entries, gapBefore } = await store.log.read("a", -1, Infinity);
  expect(entries.map((entry) => entry.seq)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(gapBefore).toBeUndefined();
  await store.log.append(writer, [plain, plain, delta("m3"), delta("m3")]);
  const after = await store.log.read("a", -1, Infinity);
  expect([after.entries.length, after.gapBefore]).toEqual([10, after.entries[0]?.seq]);
  await store.log.append(writer, [
    { type: "response.output_item.done", data: '{"item":{"id":"m3"}}' },
  ]);
  const seqs = (await store.log.read("a", -1, Infinity)).entries.map((entry) => entry.seq);
  expect([seqs.includes(13), seqs.includes(14), seqs.at(-1)]).toEqual([false, false, 15]);
});
