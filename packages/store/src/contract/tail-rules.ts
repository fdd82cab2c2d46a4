import { check, equal } from "./assert.js";
import { drain, logWith, numbered, range, readerOf, seqs, take } from "./events.js";
import { rule, type StoreRule } from "./rule.js";
import { isPending, sleep, soon } from "./wait.js";

/** How readers follow a log. */
export const tailRules: readonly StoreRule[] = [
  rule(
    "tail-closed",
    "a tail of a closed log gives what comes after the cursor and ends",
    async ({ store: { log }, signal }) => {
      await log.close(await logWith(log, "a", 5));
      equal(seqs(await drain(log.tail("a", -1, signal))), range(0, 5), "from the start");
      equal(seqs(await drain(log.tail("a", 2, signal))), [3, 4], "after 2");
      equal(await drain(log.tail("a", 4, signal)), [], "after the last");
      equal(await drain(log.tail("a", 99, signal)), [], "after a seq that never came");
    },
  ),

  rule(
    "tail-waits",
    "a tail waits for more and gives it in order",
    async ({ store: { log }, signal }) => {
      const writer = await logWith(log, "a", 2);
      const reader = readerOf(log.tail("a", 0, signal));
      equal(seqs(await take(reader, 1)), [1], "what was there");
      const next = reader.next();
      check(await isPending(next), "a tail that has read everything must wait");
      await log.append(writer, numbered(2, 2));
      const result = await soon(next, "the event that was waited for");
      check(result.done !== true && result.value.entries[0]?.seq === 2, "the next event is seq 2");
      const left = 2 - result.value.entries.length;
      equal(seqs(await take(reader, left)), range(4 - left, 4), "the rest");
    },
  ),

  rule(
    "tail-to-come",
    "a tail from a seq to come waits until it has passed",
    async ({ store: { log }, signal }) => {
      const writer = await log.open("a", null);
      const reader = readerOf(log.tail("a", 2, signal));
      const next = reader.next();
      await log.append(writer, numbered(3));
      check(await isPending(next), "nothing after the cursor yet");
      await log.append(writer, numbered(1, 3));
      const result = await soon(next, "the event after the cursor");
      equal(seqs(result.value?.entries ?? []), [3], "the seqs");
    },
  ),

  rule(
    "tail-end",
    "a tail ends when the log is closed, after the last event",
    async ({ store: { log }, signal }) => {
      const writer = await logWith(log, "a", 1);
      const ends = drain(log.tail("a", -1, signal));
      await sleep(5);
      await log.append(writer, numbered(2, 1));
      await log.close(writer);
      equal(seqs(await ends), [0, 1, 2], "the seqs");
    },
  ),

  rule(
    "tail-end-waiting",
    "a waiting tail ends when the log is closed",
    async ({ store: { log }, signal }) => {
      const writer = await logWith(log, "a", 1);
      const reader = readerOf(log.tail("a", 0, signal));
      const next = reader.next();
      check(await isPending(next), "the tail must wait");
      await log.close(writer);
      equal((await soon(next, "the end")).done, true, "done");
      equal((await soon(reader.next(), "a call after the end")).done, true, "done again");
    },
  ),

  rule(
    "tail-abort",
    "a waiting tail ends quietly when its signal aborts; others go on",
    async ({ store: { log }, signal }) => {
      const writer = await logWith(log, "a", 1);
      const leaving = new AbortController();
      const reader = readerOf(log.tail("a", 0, leaving.signal));
      const staying = readerOf(log.tail("a", 0, signal));
      const [next, other] = [reader.next(), staying.next()];
      check(await isPending(next), "the tail must wait");
      leaving.abort(new Error("the client left"));
      equal((await soon(next, "the end")).done, true, "done");
      await log.append(writer, numbered(1, 1));
      equal((await soon(reader.next(), "a call after the end")).done, true, "done again");
      equal(
        (await soon(other, "the other tail")).value?.entries[0]?.seq,
        1,
        "the other tail's event",
      );
    },
  ),

  rule(
    "tail-aborted-before",
    "a tail under an aborted signal ends at once",
    async ({ store: { log } }) => {
      await logWith(log, "a", 3);
      equal(await drain(log.tail("a", -1, AbortSignal.abort())), [], "its events");
    },
  ),

  rule(
    "tail-return",
    "return() ends a tail, a waiting one too",
    async ({ store: { log }, signal }) => {
      const writer = await logWith(log, "a", 3);
      const reader = readerOf(log.tail("a", 0, signal));
      await take(reader, 2);
      const next = reader.next();
      check(await isPending(next), "the tail must wait");
      check(reader.return !== undefined, "a tail's iterator has return()");
      equal((await soon(reader.return(), "return()")).done, true, "what return() gives");
      equal((await soon(next, "the call that waited")).done, true, "done");
      await log.append(writer, numbered(1, 3));
      equal((await soon(reader.next(), "a call after the end")).done, true, "done again");
      for await (const batch of log.tail("a", -1, signal)) {
        equal(batch.entries[0]?.seq, 0, "the first event of a loop that is left");
        break;
      }
    },
  ),

  rule(
    "tail-missing",
    "a tail of a log that is not there ends at once",
    async ({ store: { log }, signal }) => {
      equal(await drain(log.tail("missing", -1, signal)), [], "its events");
    },
  ),

  rule("tail-removed", "tails end when the log is removed", async ({ store: { log }, signal }) => {
    await logWith(log, "a", 1);
    const reader = readerOf(log.tail("a", 0, signal));
    const next = reader.next();
    check(await isPending(next), "the tail must wait");
    await log.remove("a");
    equal((await soon(next, "the end")).done, true, "done");
    await log.open("a", null);
    equal((await soon(reader.next(), "a call after the end")).done, true, "done again");
  }),

  rule(
    "tail-store-closed",
    "open tails end when the store is closed",
    async ({ store, signal }) => {
      await logWith(store.log, "a", 1);
      const next = readerOf(store.log.tail("a", 0, signal)).next();
      check(await isPending(next), "the tail must wait");
      await store.close();
      equal((await soon(next, "the end")).done, true, "done");
    },
  ),

  rule(
    "tail-take-over",
    "a tail goes on under a new writer",
    async ({ store: { log }, signal }) => {
      await logWith(log, "a", 2);
      const all = drain(log.tail("a", -1, signal));
      const second = await log.open("a", null);
      await log.append(second, numbered(2, 2));
      await log.close(second);
      equal(seqs(await all), range(0, 4), "the seqs");
    },
  ),

  rule(
    "tail-many",
    "every reader gets every event after its cursor once, whenever it comes",
    async ({ store: { log }, signal }) => {
      const writer = await log.open("a", null);
      const readers = range(0, 10).map((n) => drain(log.tail("a", n - 1, signal)));
      for (const n of range(0, 40)) {
        await log.append(writer, numbered(5, 5 * n));
        if (n % 8 === 3) readers.push(drain(log.tail("a", n - 1, signal)));
        if (n % 5 === 0) await sleep(1);
      }
      await log.close(writer);
      for (const [index, entries] of (await Promise.all(readers)).entries()) {
        const first = index < 10 ? index : (index - 10) * 8 + 3;
        equal(seqs(entries), range(first, 200), `the seqs of reader ${index}`);
      }
    },
  ),

  rule(
    "tail-slow",
    "a reader that does not read holds nobody up and loses nothing",
    async ({ store: { log }, signal }) => {
      const writer = await logWith(log, "a", 1);
      const slow = readerOf(log.tail("a", -1, signal));
      equal(seqs(await take(slow, 1)), [0], "its first event");
      await log.append(writer, numbered(500, 1));
      equal(
        seqs(await take(readerOf(log.tail("a", -1, signal)), 501)),
        range(0, 501),
        "another reader",
      );
      equal(seqs(await take(slow, 500)), range(1, 501), "the slow reader, later");
    },
  ),

  rule(
    "tail-calls",
    "calls of next() that do not wait for each other are answered in order",
    async ({ store: { log }, signal }) => {
      const writer = await log.open("a", null);
      const reader = readerOf(log.tail("a", -1, signal));
      const calls = [reader.next(), reader.next(), reader.next()];
      for (const n of range(0, 3)) {
        await log.append(writer, numbered(1, n));
        await soon(calls[n] ?? Promise.reject(new Error("no call")), `call ${n}`);
      }
      const results = await Promise.all(calls);
      equal(
        results.flatMap((result) => seqs(result.value?.entries ?? [])),
        [0, 1, 2],
        "the seqs",
      );
    },
  ),

  rule(
    "tail-iterators",
    "each iterator of a tail reads on its own",
    async ({ store: { log }, signal }) => {
      await log.close(await logWith(log, "a", 3));
      const tail = log.tail("a", 0, signal);
      equal(seqs(await drain(tail)), [1, 2], "the first");
      equal(seqs(await drain(tail)), [1, 2], "the second");
    },
  ),

  rule(
    "tail-compacted",
    "a tail goes past what was compacted",
    async ({ store: { log }, signal }) => {
      const writer = await logWith(log, "a", 6);
      const reader = readerOf(log.tail("a", -1, signal));
      await log.compact("a", (entry) => entry.seq % 2 === 1);
      equal(seqs(await take(reader, 3)), [0, 2, 4], "the seqs left");
      await log.append(writer, numbered(1, 6));
      equal(seqs(await take(reader, 1)), [6], "the next event");
    },
  ),

  rule(
    "tail-unread",
    "a log of unread events gives every reader what it has not read",
    async ({ store: { log }, signal }) => {
      const writer = await log.open("a", null, { retain: "unread" });
      await log.append(writer, numbered(3));
      const fast = readerOf(log.tail("a", -1, signal));
      const slow = readerOf(log.tail("a", -1, signal));
      equal(seqs(await take(fast, 3)), [0, 1, 2], "what was there before the reader");
      await log.append(writer, numbered(2, 3));
      equal(seqs(await take(fast, 2)), [3, 4], "the fast reader");
      equal(seqs(await take(slow, 5)), range(0, 5), "the slow reader");
      await log.append(writer, numbered(1, 5));
      await log.close(writer);
      equal(seqs(await take(fast, 1)), [5], "the fast reader's last");
      equal(seqs(await take(slow, 1)), [5], "the slow reader's last");
      equal((await soon(fast.next(), "the end")).done, true, "the fast reader's end");
      equal((await soon(slow.next(), "the end")).done, true, "the slow reader's end");
    },
  ),
];
