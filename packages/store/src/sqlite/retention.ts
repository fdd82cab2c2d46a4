import { errorText } from "@wheelhouse/core";
import { isStoreClosedError } from "../errors.js";
import type { Database } from "./database.js";
import type { LogTable } from "./log-table.js";
import type { SqliteSettings } from "./sqlite-options.js";
import type { WriteQueue } from "./write-queue.js";

/** What one part of a sweep does at most: some milliseconds of work. */
const LOGS = 200;
const SEGMENTS = 1_000;
const RECORDS = 500;
const SIGNALS = 5_000;
/** Pages given back to the disk. */
const PAGES = 250;

/** Milliseconds to the next part while there is more to do. */
const NEXT_PART_MS = 50;

/** How long a signal waits for other processes, in milliseconds. */
const SIGNAL_MS = 10_000;

/** Lets go of what has outlived its time, a bounded part at a time; keeps no process alive. */
export class Retention {
  readonly #database: Database;
  readonly #logs: LogTable;
  readonly #queue: WriteQueue;
  readonly #settings: SqliteSettings;
  #timer: NodeJS.Timeout | undefined;
  /** The open logs are looked at in turn, from this one on. */
  #idleAfter = 0;
  #gavePagesBack = false;

  constructor(database: Database, logs: LogTable, queue: WriteQueue, settings: SqliteSettings) {
    this.#database = database;
    this.#logs = logs;
    this.#queue = queue;
    this.#settings = settings;
    this.#schedule(settings.sweepMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => void this.#sweep(), ms).unref();
  }

  async #sweep(): Promise<void> {
    const { logger, sweepMs } = this.#settings;
    let isMore = false;
    try {
      isMore = await this.#queue.write(() => this.#part(), false);
      if (this.#gavePagesBack && !isMore) {
        // The file itself becomes smaller only now.
        this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
        this.#gavePagesBack = false;
      }
    } catch (error) {
      if (isStoreClosedError(error)) return;
      logger.warn({ err: error }, `The store was not swept: ${errorText(error)}`);
    }
    if (this.#timer !== undefined) this.#schedule(isMore ? NEXT_PART_MS : sweepMs);
  }

  /** True when there is more to do. */
  #part(): boolean {
    const now = this.#settings.now();
    const parts = [
      this.#finishedLogs(now),
      this.#idleLogs(now),
      this.#overweight(),
      this.#removedEvents(),
      this.#expiredRecords(now),
      this.#oldSignals(now),
      this.#freePages(),
    ];
    return parts.includes(true);
  }

  #finishedLogs(now: number): boolean {
    return this.#removeLogs(
      this.#database.all(
        "SELECT num FROM logs WHERE closed_at < ? ORDER BY closed_at LIMIT ?",
        now - this.#settings.finishedLogMs,
        LOGS,
      ),
    );
  }

  #idleLogs(now: number): boolean {
    const rows = this.#database.all<{ num: number; renewed_at: number }>(
      "SELECT num, renewed_at FROM logs WHERE closed_at IS NULL AND num > ? ORDER BY num LIMIT ?",
      this.#idleAfter,
      LOGS,
    );
    const oldest = now - this.#settings.idleLogMs;
    this.#removeLogs(rows.filter((row) => row.renewed_at < oldest));
    const isMore = rows.length === LOGS;
    this.#idleAfter = isMore ? (rows.at(-1)?.num ?? 0) : 0;
    return isMore;
  }

  /** Past the bound the log that was closed first goes; what is removed already counts no more. */
  #overweight(): boolean {
    const bytes =
      (this.#pragma("page_count") - this.#pragma("freelist_count")) * this.#pragma("page_size");
    if (bytes <= this.#settings.maxBytes || this.#hasRemovedEvents()) return false;
    return this.#removeLogs(
      this.#database.all(
        "SELECT num FROM logs WHERE closed_at IS NOT NULL ORDER BY closed_at LIMIT ?",
        Math.ceil(LOGS / 10),
      ),
      1,
    );
  }

  #removedEvents(): boolean {
    let left = SEGMENTS;
    for (;;) {
      const removed = this.#database.get<{ num: number }>("SELECT num FROM removed_logs LIMIT 1");
      if (removed === undefined) return false;
      if (left <= 0) return true;
      left -= this.#database.run(
        "DELETE FROM segments WHERE id IN (SELECT id FROM segments WHERE log = ? LIMIT ?)",
        removed.num,
        left,
      );
      // One row counts for the log itself, so that many empty ones are bounded too.
      if (left-- > 0) this.#database.run("DELETE FROM removed_logs WHERE num = ?", removed.num);
    }
  }

  #expiredRecords(now: number): boolean {
    const count = this.#database.run(
      "DELETE FROM records WHERE id IN (SELECT id FROM records WHERE expires_at <= ? LIMIT ?)",
      now,
      RECORDS,
    );
    return count === RECORDS;
  }

  #oldSignals(now: number): boolean {
    const count = this.#database.run(
      "DELETE FROM signals WHERE id IN (SELECT id FROM signals WHERE sent_at < ? ORDER BY id LIMIT ?)",
      now - SIGNAL_MS,
      SIGNALS,
    );
    return count === SIGNALS;
  }

  #freePages(): boolean {
    // Some free pages are kept: the next events fill them.
    if (this.#pragma("freelist_count") <= 4 * PAGES) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${PAGES})`);
    this.#gavePagesBack = true;
    return true;
  }

  #removeLogs(rows: readonly { readonly num?: unknown }[], full = LOGS): boolean {
    for (const { num } of rows) this.#logs.remove(num as number);
    return rows.length >= full;
  }

  #hasRemovedEvents(): boolean {
    return this.#database.get("SELECT 1 FROM removed_logs LIMIT 1") !== undefined;
  }

  #pragma(name: string): number {
    return Number(this.#database.get(`PRAGMA ${name}`)?.[name] ?? 0);
  }
}
