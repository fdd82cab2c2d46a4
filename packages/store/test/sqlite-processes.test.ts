import { expect, onTestFinished, test } from "vitest";
import { createSqliteStore } from "../src/sqlite.js";
import { startPeer } from "./support/peer.js";
import { tempFolder, type TempFolder } from "./support/temp-folder.js";
import { until } from "./support/until.js";

const event = { type: "test.event", data: "{}" };

function openStore(folder: TempFolder) {
  const store = createSqliteStore({ path: folder.file });
  onTestFinished(() => store.close());
  return store;
}

test("B84 a log passes from one process to another: events, epoch, fence and seqs", async () => {
  using folder = tempFolder();
  const { log, close } = openStore(folder);
  const mine = await log.open("a", "ann");
  await log.append(mine, [event, event]);
  await using peer = startPeer(folder.file);
  expect(await peer.call("log", "open", "a")).toMatchObject({ epoch: 2, nextSeq: 2 });
  await expect(log.append(mine, [event])).rejects.toMatchObject({ code: "log_fenced" });
  expect(await peer.call("log", "append", "a", [event])).toEqual({
    lastSeq: 2,
    cancelRequested: false,
  });
  const again = await log.open("a", null);
  await expect(peer.call("log", "append", "a", [event])).rejects.toMatchObject({
    code: "log_fenced",
  });
  expect(await log.append(again, [event])).toMatchObject({ lastSeq: 3 });
  expect(await log.info("a")).toMatchObject({ epoch: 3, owner: "ann", nextSeq: 4 });
  await close();
});

test("a tail follows what another process appends, soon, and ends with its close", async () => {
  using folder = tempFolder();
  const { log, close } = openStore(folder);
  await using peer = startPeer(folder.file);
  await peer.call("log", "open", "a");
  const seqs: number[] = [];
  const ended = (async () => {
    for await (const { entries } of log.tail("a", -1, AbortSignal.timeout(10_000))) {
      for (const { seq } of entries) seqs.push(seq);
    }
  })();
  const delays: number[] = [];
  for (let n = 0; n < 8; n++) {
    await peer.call("log", "append", "a", [event, event]);
    const appended = performance.now();
    await until(() => seqs.length === 2 * (n + 1), "the events of the other process");
    delays.push(performance.now() - appended);
  }
  // Most arrive within a poll; a busy machine may hold one of them up.
  expect(delays.toSorted((one, other) => one - other)[3]).toBeLessThan(150);
  await peer.call("log", "close", "a");
  await ended;
  expect(seqs).toEqual(Array.from({ length: 16 }, (_, seq) => seq));
  await close();
});

test("B82 a cancel reaches the writer in another process: its listener, and its next append", async () => {
  using folder = tempFolder();
  const { log, close } = openStore(folder);
  await using peer = startPeer(folder.file);
  await peer.call("log", "open", "a");
  await peer.call("log", "onCancel", "a");
  expect(await log.requestCancel("a")).toBe(true);
  await until(() => peer.heard.includes("cancel"), "the listener of the other process");
  expect(await peer.call("log", "append", "a", [event])).toMatchObject({ cancelRequested: true });
  await close();
});

test("signals reach the listeners of another process once, later ones only", async () => {
  using folder = tempFolder();
  const { signals, close } = openStore(folder);
  await using peer = startPeer(folder.file);
  await signals.send("a", "before");
  await peer.call("signals", "listen", "a");
  for (const payload of ["1", "2", "ä\u0000"]) await signals.send("a", payload);
  await signals.send("b", "other key");
  await signals.send("a");
  await until(() => peer.heard.includes("nothing"), "the signals");
  expect(peer.heard).toEqual(["1", "2", "ä\u0000", "nothing"]);
  await close();
});

test("records are compared and set, and jobs claimed, by one process alone", async () => {
  using folder = tempFolder();
  const { records, queue, close } = openStore(folder);
  await using peer = startPeer(folder.file);
  const things = records.collection<unknown>("things");
  for (let n = 0; n < 30; n++) {
    const tries = await Promise.allSettled([
      things.put(`key-${n}`, "mine", { ifVersion: 0 }),
      peer.call("things", "put", `key-${n}`, "theirs", { ifVersion: 0 }),
    ]);
    const winners = tries.filter((result) => result.status === "fulfilled").length;
    expect(winners).toBe(1);
    await queue.enqueue("q", `job-${n}`, n);
  }
  expect((await things.list({ limit: 1_000 })).length).toBe(30);
  const claims = await Promise.all(
    Array.from({ length: 40 }, async (_, n) =>
      n % 2 === 0 ? queue.claim("q", 60_000) : peer.call("queue", "claim", "q", 60_000),
    ),
  );
  const ids = claims.flatMap((job) => (job as { id: string } | undefined)?.id ?? []);
  expect([ids.length, new Set(ids).size]).toEqual([30, 30]);
  await close();
});

test("an index finds what a process wrote that did not declare it", async () => {
  using folder = tempFolder();
  const first = createSqliteStore({ path: folder.file });
  const plain = first.records.collection<{ kind: string }>("notes");
  for (let n = 0; n < 1_200; n++)
    void plain.put(`key-${n}`, { kind: n % 400 === 0 ? "red" : "blue" });
  await first.close();
  const { records, close } = openStore(folder);
  const notes = records.collection<{ kind: string }>("notes", {
    indexes: { kind: (note) => note.kind },
  });
  const red = await notes.list({ index: { key: "kind", value: "red" }, order: "asc" });
  expect(red.map((note) => note.key)).toEqual(["key-0", "key-400", "key-800"]);
  await close();
});

test("what was acknowledged is there after kill -9 in the middle of appends", async () => {
  using folder = tempFolder();
  for (const round of [1, 2, 3]) {
    await using peer = startPeer(folder.file);
    peer.call("log", "appendForever", "a").catch(() => {});
    await until(() => peer.acked.length > 40 * round, "acknowledged appends");
    await peer.kill();
    const acked = peer.acked.at(-1) ?? -1;
    const { log, close } = createSqliteStore({ path: folder.file });
    const { entries } = await log.read("a", -1, Infinity);
    expect(entries.length).toBeGreaterThan(acked);
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, seq) => seq));
    const writer = await log.open("a", null);
    expect(writer).toMatchObject({ epoch: 2 * round, nextSeq: entries.length });
    await log.append(writer, [event]);
    await close();
  }
});
