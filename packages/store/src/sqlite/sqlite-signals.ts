import { randomUUID } from "node:crypto";
import { callListener } from "../memory/call-listener.js";
import type { Signals } from "../ports/signals.js";
import type { ChangeWatch, ChangeWatcher } from "./change-watch.js";
import type { Database } from "./database.js";
import type { SqliteSettings } from "./sqlite-options.js";
import { fromTextKey, toTextKey } from "./text-key.js";
import type { WriteQueue } from "./write-queue.js";

interface Entry {
  readonly listener: (payload: string | undefined) => void;
  /** Signals of other processes up to this id were sent before it listened. */
  readonly after: number;
}

interface SignalRow {
  readonly id: number;
  readonly key: string;
  readonly payload: string | null;
}

/** Signals of other processes taken at once. */
const LIMIT = 1_000;

/**
 * The signals port in a SQLite file: this process's listeners are called at once, those of others find the
 * signal in the file within two polls.
 */
export class SqliteSignals implements Signals, ChangeWatcher {
  readonly #database: Database;
  readonly #queue: WriteQueue;
  readonly #watch: ChangeWatch;
  readonly #settings: SqliteSettings;
  /** Tells own signals from those of other stores on the file. */
  readonly #sender = randomUUID();
  readonly #keys = new Map<string, Set<Entry>>();
  #seen = 0;
  #storeClosed = false;

  constructor(database: Database, queue: WriteQueue, watch: ChangeWatch, settings: SqliteSettings) {
    this.#database = database;
    this.#queue = queue;
    this.#watch = watch;
    this.#settings = settings;
    watch.add(this);
  }

  get interest(): "none" | "idle" {
    return this.#keys.size > 0 ? "idle" : "none";
  }

  async send(key: string, payload?: string): Promise<void> {
    if (this.#storeClosed) return;
    this.#call(key, payload, Infinity);
    await this.#queue.write(() => {
      this.#database.run(
        "INSERT INTO signals (key, payload, sender, sent_at) VALUES (?, ?, ?, ?)",
        toTextKey(key),
        payload === undefined ? null : toTextKey(payload),
        this.#sender,
        this.#settings.now(),
      );
    }, false);
  }

  listen(key: string, listener: (payload: string | undefined) => void): () => void {
    if (this.#storeClosed) return () => {};
    const after = this.#newest();
    if (this.#keys.size === 0) this.#seen = after;
    const entries = this.#keys.get(key) ?? new Set();
    const entry: Entry = { listener, after };
    entries.add(entry);
    this.#keys.set(key, entries);
    this.#watch.update();
    return () => {
      entries.delete(entry);
      if (entries.size > 0 || this.#keys.get(key) !== entries) return;
      this.#keys.delete(key);
      this.#watch.update();
    };
  }

  changed(): void {
    if (this.#keys.size === 0) return;
    for (;;) {
      const rows = this.#database.all<SignalRow>(
        "SELECT id, key, payload FROM signals WHERE id > ? AND sender <> ? ORDER BY id LIMIT ?",
        this.#seen,
        this.#sender,
        LIMIT,
      );
      for (const { id, key, payload } of rows) {
        this.#seen = id;
        const text = payload === null ? undefined : fromTextKey(payload);
        this.#call(fromTextKey(key), text, id);
      }
      if (rows.length < LIMIT) return;
    }
  }

  /** Part of closing the store. */
  end(): void {
    this.#storeClosed = true;
    this.#keys.clear();
  }

  #call(key: string, payload: string | undefined, id: number): void {
    // A copy: who begins or stops to listen meanwhile changes nothing for this signal.
    const entries = [...(this.#keys.get(key) ?? [])];
    for (const { listener, after } of entries) {
      if (id > after) callListener(listener, payload, this.#settings.logger);
    }
  }

  #newest(): number {
    const row = this.#database.get<{ seq: number }>(
      "SELECT seq FROM sqlite_sequence WHERE name = 'signals'",
    );
    return row?.seq ?? 0;
  }
}
