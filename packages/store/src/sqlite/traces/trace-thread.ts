import type * as Sqlite from "node:sqlite";
import type * as Zlib from "node:zlib";
import type { MessagePort } from "node:worker_threads";
import type { FromTraceThread, ToTraceThread, TraceThreadData } from "./trace-protocol.js";

/** What the thread's function is given. */
export interface TraceThreadParts {
  readonly sqlite: typeof Sqlite;
  readonly zlib: typeof Zlib;
  readonly port: MessagePort;
  readonly data: TraceThreadData;
}

/**
 * The thread that has the file of traces. It is sent to the thread as text, because a file beside this one
 * would be lost in a bundle and cannot be loaded from TypeScript sources: so it uses nothing but what it is
 * given, and imports types only.
 *
 * A row is a batch of spans. A row per span would cost five times as much and, with an index over random
 * ids, rewrite a page of the file for each. Batches are deflated: spans are much alike, so that five times as
 * many have room, and deflating costs less than writing them would.
 */
export function traceThread({ sqlite, zlib, port, data }: TraceThreadParts): void {
  /** Bytes, deflated, that one list looks through at most. */
  const LOOK_THROUGH = 4_194_304;
  /** Batches read, or removed, at a time. */
  const BATCHES = 50;
  /** Pages given back to the disk at a time. */
  const PAGES = 500;
  /** Milliseconds to the next part of a sweep while there is more to do. */
  const NEXT_PART_MS = 50;
  /** Bytes written after which the file's size is looked at, beside the timer. */
  const LOOK_AFTER = 16_777_216;
  /** Hex digits of a trace id, with which a line begins; `+` or `-` follows. */
  const ID_LENGTH = 32;

  const database = new sqlite.DatabaseSync(data.path);
  database.exec(
    `PRAGMA busy_timeout = ${Math.min(Math.ceil(data.busyTimeoutMs), 60_000)};
     PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;
     PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF`,
  );
  const insert = database.prepare("INSERT INTO batches (ended_at, keys, lines) VALUES (?, ?, ?)");
  const index = database.prepare(
    "INSERT INTO trace_batches (key, batch) SELECT value, ? FROM json_each(?)",
  );
  const byKey = database.prepare(
    `SELECT b.lines FROM trace_batches t JOIN batches b ON b.id = t.batch
     WHERE t.key = ? ORDER BY b.id`,
  );
  const newest = database.prepare(
    "SELECT id, lines FROM batches WHERE id <= ? ORDER BY id DESC LIMIT ?",
  );
  const oldest = database.prepare(
    "SELECT id FROM batches WHERE ended_at < ? ORDER BY ended_at LIMIT ?",
  );
  const unindex = database.prepare(
    `DELETE FROM trace_batches WHERE batch = ? AND key IN
     (SELECT value FROM json_each((SELECT keys FROM batches WHERE id = ?)))`,
  );
  const remove = database.prepare("DELETE FROM batches WHERE id = ?");
  let written = 0;
  let timer: NodeJS.Timeout;

  function transaction<Value>(body: () => Value): Value {
    database.exec("BEGIN IMMEDIATE");
    try {
      const value = body();
      database.exec("COMMIT");
      return value;
    } catch (error) {
      // Some faults, such as a full disk, have undone the whole transaction already.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }

  function append(endedAt: number, keys: string, lines: string): null {
    const packed = zlib.deflateRawSync(lines, { level: 1 });
    transaction(() => {
      const { lastInsertRowid } = insert.run(endedAt, keys, packed);
      index.run(lastInsertRowid, keys);
    });
    written += packed.length;
    if (written >= LOOK_AFTER) {
      written = 0;
      schedule(NEXT_PART_MS);
    }
    return null;
  }

  function unpack(lines: Uint8Array): string[] {
    return zlib.inflateRawSync(lines).toString("utf8").split("\n");
  }

  function get(key: number, traceId: string): string[] {
    const found: string[] = [];
    for (const { lines } of byKey.all(key) as { lines: Uint8Array }[]) {
      for (const line of unpack(lines)) {
        if (line.startsWith(traceId)) found.push(line.slice(ID_LENGTH + 1));
      }
    }
    return found;
  }

  function list(
    limit: number,
    from: number,
    below: number,
    contains: readonly string[],
  ): { spans: string[]; next: string | undefined } {
    const spans: string[] = [];
    let looked = 0;
    let batch = from;
    for (;;) {
      const rows = newest.all(batch, BATCHES) as { id: number; lines: Uint8Array }[];
      for (const { id, lines } of rows) {
        const entries = unpack(lines);
        const end = id === from ? Math.min(below, entries.length) : entries.length;
        for (let at = end - 1; at >= 0; at--) {
          const entry = entries[at]!;
          if (entry[ID_LENGTH] !== "+") continue;
          const text = entry.slice(ID_LENGTH + 1);
          if (!contains.every((part) => text.includes(part))) continue;
          spans.push(text);
          if (spans.length === limit) return { spans, next: `${id}.${at}` };
        }
        looked += lines.byteLength;
        if (looked > LOOK_THROUGH) return { spans, next: `${id}.0` };
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < BATCHES) return { spans, next: undefined };
      batch = last.id - 1;
    }
  }

  function removeOldest(before: number): number {
    const rows = oldest.all(before, BATCHES) as { id: number }[];
    for (const { id } of rows) {
      unindex.run(id, id);
      remove.run(id);
    }
    return rows.length;
  }

  function pragma(name: string): number {
    return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
  }

  /** A bounded part of a sweep; true when there is more to do. */
  function sweepPart(): boolean {
    const old = removeOldest(Date.now() - data.maxAgeMs);
    const pages = pragma("page_count") - pragma("freelist_count");
    const heavy = pages * pragma("page_size") > data.maxBytes ? removeOldest(Infinity) : 0;
    const isLoose = pragma("freelist_count") > 4 * PAGES;
    if (isLoose) database.exec(`PRAGMA incremental_vacuum(${PAGES})`);
    return old === BATCHES || heavy > 0 || isLoose;
  }

  function sweep(): void {
    let isMore = false;
    try {
      isMore = transaction(sweepPart);
    } catch (error) {
      answer({ task: undefined, failed: failure(error) });
    }
    schedule(isMore ? NEXT_PART_MS : data.sweepMs);
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(sweep, ms);
  }

  function failure(error: unknown): { message: string; errcode: number | undefined } {
    const { message, errcode } = error as { message?: string; errcode?: number };
    return { message: String(message ?? error), errcode };
  }

  function answer(message: FromTraceThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window.
    port.postMessage(message);
  }

  function close(): null {
    clearTimeout(timer);
    database.close();
    port.close();
    return null;
  }

  function perform(message: ToTraceThread): ReturnType<typeof get | typeof list> | null {
    switch (message.type) {
      case "append":
        return append(message.endedAt, message.keys, message.lines);
      case "get":
        return get(message.key, message.traceId);
      case "list":
        return list(message.limit, message.batch, message.below, message.contains);
      default:
        return null;
    }
  }

  port.on("message", (message: ToTraceThread) => {
    const { task } = message;
    try {
      answer({ task, value: perform(message) });
    } catch (error) {
      answer({ task, failed: failure(error) });
    }
    if (message.type === "close") close();
  });
  schedule(data.sweepMs);
}
