import { isLogClosedError, isLogFencedError, isStoreClosedError } from "../errors.js";
import type { LogEvent } from "../ports/log.js";
import { check, equal, isRangeError, isTypeError, rejects } from "./assert.js";
import { allSeqs, logWith, numbered, range, seqs } from "./events.js";
import { restartRule, rule, type StoreRule } from "./rule.js";
import { until } from "./wait.js";

/** Who may write, what appends give, what cursors mean. */
export const logRules: readonly StoreRule[] = [
  rule(
    "log-epochs",
    "the epoch counts from 1 and grows by one with every open",
    async ({ store }) => {
      equal((await store.log.open("a", null)).epoch, 1, "the first epoch");
      equal((await store.log.open("a", null)).epoch, 2, "the second epoch");
      equal((await store.log.open("b", null)).epoch, 1, "another log's first epoch");
      equal((await store.log.info("a"))?.epoch, 2, "the epoch that info tells");
    },
  ),

  rule("log-take-over", "a take-over keeps events, owner and seqs", async ({ store: { log } }) => {
    await log.append(await log.open("a", "ann"), numbered(3));
    const second = await log.open("a", "bob");
    equal(second.nextSeq, 3, "nextSeq after the take-over");
    equal((await log.info("a"))?.owner, "ann", "the owner after the take-over");
    equal((await log.append(second, numbered(1, 3))).lastSeq, 3, "lastSeq of the new writer");
    equal(await allSeqs(log, "a"), [0, 1, 2, 3], "all seqs");
  }),

  rule(
    "log-take-over-race",
    "of many opens at once each has its epoch, the last may write",
    async ({ store: { log } }) => {
      const writers = await Promise.all(range(0, 8).map(async () => log.open("a", null)));
      const byEpoch = writers.toSorted((one, other) => one.epoch - other.epoch);
      equal(
        byEpoch.map((writer) => writer.epoch),
        range(1, 9),
        "the epochs",
      );
      for (const writer of byEpoch.slice(0, -1)) {
        await rejects(() => log.append(writer, numbered(1)), isLogFencedError, "an older writer");
      }
      const newest = byEpoch.at(-1);
      check(newest !== undefined, "no writer");
      equal((await log.append(newest, numbered(1))).lastSeq, 0, "the newest writer's append");
    },
  ),

  rule(
    "log-fenced-append",
    "an append under an old epoch is refused and leaves nothing",
    async ({ store: { log } }) => {
      const old = await logWith(log, "a", 1);
      const current = await log.open("a", null);
      await rejects(
        () => log.append(old, numbered(2)),
        isLogFencedError,
        "the old writer's append",
      );
      await rejects(() => log.append(old, []), isLogFencedError, "the old writer's empty append");
      equal(await allSeqs(log, "a"), [0], "the log after it");
      equal((await log.append(current, numbered(1))).lastSeq, 1, "the new writer's append");
    },
  ),

  rule("log-fenced-close", "a close under an old epoch is refused", async ({ store: { log } }) => {
    const old = await log.open("a", null);
    const current = await log.open("a", null);
    await rejects(() => log.close(old), isLogFencedError, "the old writer's close");
    equal((await log.info("a"))?.closed, false, "closed after the refused close");
    await log.close(current);
    await rejects(() => log.close(old), isLogFencedError, "the old writer's close of a closed log");
  }),

  rule(
    "log-closed",
    "a closed log takes no event and no new writer; its events stay",
    async ({ store: { log } }) => {
      const writer = await logWith(log, "a", 2);
      await log.close(writer);
      await log.close(writer);
      await rejects(() => log.append(writer, numbered(1)), isLogClosedError, "an append");
      await rejects(() => log.open("a", null), isLogClosedError, "an open");
      equal(await allSeqs(log, "a"), [0, 1], "the events");
      const info = await log.info("a");
      equal([info?.closed, info?.epoch, info?.nextSeq], [true, 1, 2], "closed, epoch and nextSeq");
    },
  ),

  rule("log-seqs", "seqs count from 0 in each log, without gaps", async ({ store: { log } }) => {
    const writer = await log.open("a", null);
    equal(writer.nextSeq, 0, "nextSeq of a new log");
    equal((await log.append(writer, numbered(3))).lastSeq, 2, "lastSeq of the first append");
    equal(writer.nextSeq, 3, "nextSeq after three events");
    equal((await log.append(writer, numbered(2, 3))).lastSeq, 4, "lastSeq of the second append");
    await logWith(log, "b", 1);
    const { entries } = await log.read("a", -1, Infinity);
    equal(seqs(entries), range(0, 5), "the seqs");
    equal(
      entries.map((entry) => JSON.parse(entry.data) as unknown),
      range(0, 5).map((n) => ({ n })),
      "the events in the order of their appends",
    );
    equal(await allSeqs(log, "b"), [0], "the seqs of another log");
  }),

  rule(
    "log-appends-at-once",
    "appends that do not wait for each other keep their order",
    async ({ store: { log } }) => {
      const writer = await log.open("a", null);
      const results = await Promise.all(
        range(0, 20).map(async (n) => log.append(writer, numbered(5, 5 * n))),
      );
      equal(
        results.map((result) => result.lastSeq),
        range(0, 20).map((n) => 5 * n + 4),
        "lastSeq of each",
      );
      const { entries } = await log.read("a", -1, Infinity);
      equal(
        entries.map((entry) => (JSON.parse(entry.data) as { n: number }).n),
        range(0, 100),
        "the events",
      );
    },
  ),

  rule(
    "log-append-nothing",
    "an append without events changes nothing",
    async ({ store: { log } }) => {
      const writer = await log.open("a", null);
      equal((await log.append(writer, [])).lastSeq, -1, "lastSeq of an empty log");
      await log.append(writer, numbered(2));
      equal((await log.append(writer, [])).lastSeq, 1, "lastSeq after two events");
      equal(await allSeqs(log, "a"), [0, 1], "the log");
    },
  ),

  rule(
    "log-all-or-none",
    "a batch with an event that is none leaves nothing",
    async ({ store: { log } }) => {
      const writer = await logWith(log, "a", 1);
      const bad = { type: "test.event", data: undefined } as unknown as LogEvent;
      const batch = [...numbered(2), bad, ...numbered(1)];
      await rejects(() => log.append(writer, batch), isTypeError, "the append");
      equal(await allSeqs(log, "a"), [0], "the log");
      equal((await log.append(writer, numbered(1))).lastSeq, 1, "lastSeq of the next append");
    },
  ),

  rule("log-text", "types and data come back as they were appended", async ({ store: { log } }) => {
    const texts = ['{"a":"ä€😀\\u0000\\n"}', "{}", JSON.stringify({ long: "x".repeat(300_000) })];
    const events = texts.map((data, index) => ({ type: `test.${index}`, data }));
    await log.append(await log.open("log/ä:1", "someone"), events);
    const { entries } = await log.read("log/ä:1", -1, Infinity);
    equal(
      entries.map(({ type, data }) => ({ type, data })),
      events,
      "the events",
    );
  }),

  rule("log-lease", "open and append renew the lease", async ({ store: { log } }) => {
    const writer = await log.open("a", null);
    const opened = (await log.info("a"))?.renewedAt ?? NaN;
    check(Math.abs(Date.now() - opened) < 60_000, "renewedAt is the time of the open");
    await until(async () => {
      await log.append(writer, []);
      return ((await log.info("a"))?.renewedAt ?? 0) > opened ? true : undefined;
    }, "an append that renews the lease");
  }),

  rule(
    "log-read",
    "a read gives at most `limit` events after the cursor",
    async ({ store: { log } }) => {
      await logWith(log, "a", 10);
      const read = async (after: number, limit: number) => {
        const batch = await log.read("a", after, limit);
        equal(batch.gapBefore, undefined, "gapBefore without a gap");
        return seqs(batch.entries);
      };
      equal(await read(-1, Infinity), range(0, 10), "all");
      equal(await read(-1, 3), [0, 1, 2], "the first three");
      equal(await read(2, 3), [3, 4, 5], "three after 2");
      equal(await read(0, 1), [1], "one after 0");
      equal(await read(8, 100), [9], "after 8");
      equal(await read(9, 100), [], "after the last");
      equal(await read(50, 100), [], "after a seq to come");
      equal(await read(-1, 0), [], "none");
      equal((await log.read("missing", -1, 10)).entries, [], "a log that is not there");
    },
  ),

  rule(
    "log-cursor-check",
    "a cursor or limit that is none is refused",
    async ({ store: { log }, signal }) => {
      await logWith(log, "a", 1);
      for (const after of [-2, 0.5, NaN, Infinity]) {
        await rejects(() => log.read("a", after, 1), isRangeError, `read after ${after}`);
        await rejects(() => log.tail("a", after, signal), isRangeError, `tail after ${after}`);
      }
      for (const limit of [-1, NaN]) {
        await rejects(() => log.read("a", -1, limit), isRangeError, `read with limit ${limit}`);
      }
    },
  ),

  rule(
    "log-info",
    "info tells what is known, nothing of a log that is not there",
    async ({ store: { log } }) => {
      equal(await log.info("a"), undefined, "info of no log");
      await log.open("a", "ann");
      const { renewedAt: _opened, ...empty } = (await log.info("a")) ?? {};
      const known = { logId: "a", owner: "ann", epoch: 1, closed: false, cancelRequested: false };
      equal(empty, { ...known, firstSeq: 0, nextSeq: 0 }, "info of an empty log");
      const writer = await log.open("a", "ann");
      await log.append(writer, numbered(4));
      const { renewedAt: _appended, ...full } = (await log.info("a")) ?? {};
      equal(full, { ...known, epoch: 2, firstSeq: 0, nextSeq: 4 }, "info of four events");
    },
  ),

  rule(
    "log-remove",
    "a removed log is gone and its writer is refused for good",
    async ({ store: { log } }) => {
      const old = await logWith(log, "a", 3);
      await log.remove("a");
      await log.remove("a");
      equal(await log.info("a"), undefined, "info");
      equal(await allSeqs(log, "a"), [], "its events");
      await rejects(() => log.append(old, numbered(1)), isLogFencedError, "its writer's append");
      await log.close(old);
      const fresh = await log.open("a", null);
      equal(fresh.nextSeq, 0, "nextSeq of a log of the same id");
      await rejects(
        () => log.append(old, numbered(1)),
        isLogFencedError,
        "the old writer's append",
      );
      await rejects(() => log.close(old), isLogFencedError, "the old writer's close");
      equal((await log.append(fresh, numbered(1))).lastSeq, 0, "the new writer's append");
    },
  ),

  rule(
    "log-compact",
    "compact drops what it is told to, the seqs of the rest stay",
    async ({ store: { log } }) => {
      const writer = await logWith(log, "a", 6);
      await log.compact("a", (entry) => entry.seq === 0 || entry.seq === 3 || entry.seq === 5);
      const all = await log.read("a", -1, Infinity);
      equal(seqs(all.entries), [1, 2, 4], "the seqs left");
      equal(all.gapBefore, undefined, "gapBefore of a compacted log");
      equal(all.entries[2]?.data, '{"n":4}', "the event of seq 4");
      equal(seqs((await log.read("a", 2, 10)).entries), [4], "after 2");
      equal(seqs((await log.read("a", 3, 10)).entries), [4], "after a seq that was dropped");
      const info = await log.info("a");
      equal([info?.firstSeq, info?.nextSeq], [1, 6], "firstSeq and nextSeq");
      equal((await log.append(writer, numbered(1))).lastSeq, 6, "lastSeq of the next append");
      await log.compact("a", () => true);
      const emptied = await log.info("a");
      equal(
        [emptied?.firstSeq, emptied?.nextSeq],
        [7, 7],
        "firstSeq and nextSeq when all is dropped",
      );
      await log.compact("missing", () => true);
    },
  ),

  rule(
    "log-compact-throws",
    "compact drops nothing when `drop` throws",
    async ({ store: { log } }) => {
      await logWith(log, "a", 4);
      const drop = ({ seq }: { seq: number }): boolean => {
        if (seq === 2) throw new TypeError("no");
        return true;
      };
      await rejects(() => log.compact("a", drop), isTypeError, "compact");
      equal(await allSeqs(log, "a"), range(0, 4), "the log");
    },
  ),

  rule("log-store-closed", "a closed store takes no writer and no event", async ({ store }) => {
    const writer = await logWith(store.log, "a", 1);
    await store.close();
    await store.close();
    await rejects(() => store.log.open("b", null), isStoreClosedError, "an open");
    await rejects(() => store.log.append(writer, numbered(1)), isStoreClosedError, "an append");
  }),

  restartRule(
    "log-restart",
    "events, seqs, epochs and cancels outlive a restart",
    async ({ store: { log } }) => {
      await logWith(log, "running", 3);
      await log.requestCancel("running");
      await log.close(await logWith(log, "done", 2));
    },
    async ({ store: { log } }) => {
      equal(await allSeqs(log, "running"), [0, 1, 2], "the seqs");
      const writer = await log.open("running", null);
      equal([writer.epoch, writer.nextSeq], [2, 3], "epoch and nextSeq of the next writer");
      equal((await log.append(writer, [])).cancelRequested, true, "the cancel");
      await rejects(() => log.open("done", null), isLogClosedError, "an open of the closed log");
      equal(await allSeqs(log, "done"), [0, 1], "the closed log's seqs");
    },
  ),
];
