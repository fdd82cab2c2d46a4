import { errorText } from "@wheelhouse/core";
import { StoreClosedError, VersionConflictError } from "../errors.js";
import type { Collection, ListOptions, PutOptions, StoredRecord } from "../ports/records.js";
import type { Database } from "./database.js";
import { RecordIndexTable, type IndexValues } from "./record-index-table.js";
import { listRows } from "./record-list.js";
import { RECORD_COLUMNS, toRecord, type RecordRow } from "./record-row.js";
import type { SqliteSettings } from "./sqlite-options.js";
import { fromTextKey, toTextKey, toTextOwner } from "./text-key.js";
import type { WriteQueue } from "./write-queue.js";

/** Records looked at in one transaction when an index is declared anew. */
const FILL = 500;

interface DeclaredIndex<Value> {
  readonly valueOf: (value: Value) => string | undefined;
  /** Resolves once every record has a row in the index. */
  filling: Promise<void> | undefined;
  isFilled: boolean;
}

/** One collection in the file. */
export class SqliteCollection<Value> implements Collection<Value> {
  readonly #name: string;
  readonly #database: Database;
  readonly #queue: WriteQueue;
  readonly #settings: SqliteSettings;
  readonly #index: RecordIndexTable;
  readonly #indexes = new Map<string, DeclaredIndex<Value>>();
  #storeClosed = false;

  constructor(name: string, database: Database, queue: WriteQueue, settings: SqliteSettings) {
    this.#name = toTextKey(name);
    this.#database = database;
    this.#queue = queue;
    this.#settings = settings;
    this.#index = new RecordIndexTable(database, this.#name);
  }

  async put(key: string, value: Value, options: PutOptions = {}): Promise<StoredRecord<Value>> {
    if (this.#storeClosed) throw new StoreClosedError();
    const text = toJson(value);
    if (Number.isNaN(options.ttlMs)) throw new RangeError("ttlMs must be a number.");
    const values = this.#valuesOf(value);
    this.#queue.checkRoom();
    const write = (): RecordRow => this.#write(toTextKey(key), text, values, options);
    const row = await this.#queue.write(write, true, text.length);
    return toRecord(row);
  }

  get(key: string): StoredRecord<Value> | undefined {
    const row = this.#read(toTextKey(key));
    return row?.isLive === true ? this.#toRecords([row])[0] : undefined;
  }

  async delete(key: string): Promise<boolean> {
    if (this.#storeClosed) throw new StoreClosedError();
    return this.#queue.write(() => {
      const row = this.#read(toTextKey(key));
      if (row !== undefined) this.#database.run("DELETE FROM records WHERE id = ?", row.id);
      return row?.isLive === true;
    });
  }

  list(
    options: ListOptions = {},
  ): readonly StoredRecord<Value>[] | Promise<readonly StoredRecord<Value>[]> {
    const { index, limit = 100 } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      throw new RangeError(`limit must be an integer from 1 to 1,000, not ${String(limit)}.`);
    }
    const declared = index && this.#indexes.get(index.key);
    if (index !== undefined && declared === undefined) {
      throw new RangeError(`The index "${index.key}" was not declared.`);
    }
    const listed = (): readonly StoredRecord<Value>[] => {
      if (this.#storeClosed) throw new StoreClosedError();
      const now = this.#settings.now();
      return this.#toRecords(listRows(this.#database, this.#name, { ...options, limit }, now));
    };
    if (index === undefined || declared === undefined || declared.isFilled) return listed();
    return this.#fill(index.key, declared).then(listed);
  }

  /** Declares an index key; one that is declared already stays as it is. */
  declareIndex(key: string, valueOf: (value: Value) => string | undefined): void {
    if (this.#indexes.has(key)) return;
    this.#indexes.set(key, { valueOf, filling: undefined, isFilled: false });
  }

  /** Part of closing the store. */
  end(): void {
    this.#storeClosed = true;
  }

  #valuesOf(value: Value): IndexValues {
    return new Map([...this.#indexes].map(([key, { valueOf }]) => [key, valueOf(value)]));
  }

  #read(textKey: string): (RecordRow & { readonly isLive: boolean }) | undefined {
    if (this.#storeClosed) throw new StoreClosedError();
    const row = this.#database.get<RecordRow>(
      `SELECT ${RECORD_COLUMNS} FROM records r WHERE r.collection = ? AND r.key = ?`,
      this.#name,
      textKey,
    );
    return row && { ...row, isLive: (row.expires_at ?? Infinity) > this.#settings.now() };
  }

  #write(textKey: string, text: string, values: IndexValues, options: PutOptions): RecordRow {
    const now = this.#settings.now();
    const found = this.#read(textKey);
    const before = found?.isLive === true ? found : undefined;
    const version = before?.version ?? 0;
    const { ifVersion, ttlMs, owner: asked } = options;
    if (ifVersion !== undefined && ifVersion !== version) {
      throw new VersionConflictError(fromTextKey(textKey), ifVersion, version);
    }
    // Deleted, so that a record that is made anew has its place at the end.
    if (found?.isLive === false) this.#database.run("DELETE FROM records WHERE id = ?", found.id);
    const end = ttlMs === undefined ? (before?.expires_at ?? Infinity) : now + ttlMs;
    const row = {
      key: textKey,
      owner: asked === undefined ? (before?.owner ?? null) : toTextOwner(asked),
      version: version + 1,
      value: text,
      expires_at: end === Infinity ? null : end,
      created_at: before?.created_at ?? now,
      updated_at: now,
    };
    const written = this.#database.get<{ id: number }>(
      `INSERT INTO records (collection, key, owner, version, value, expires_at, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (collection, key) DO UPDATE SET owner = excluded.owner, version = excluded.version,
         value = excluded.value, expires_at = excluded.expires_at, updated_at = excluded.updated_at
       RETURNING id`,
      this.#name,
      row.key,
      row.owner,
      row.version,
      row.value,
      row.expires_at,
      row.created_at,
      row.updated_at,
    );
    const id = written?.id ?? 0;
    if (before !== undefined) this.#index.forgetOthers(id, values);
    this.#index.put(id, row.owner, values);
    return { id, ...row };
  }

  /** Records whose row is damaged are reported and left out. */
  #toRecords(rows: readonly RecordRow[]): StoredRecord<Value>[] {
    return rows.flatMap((row) => {
      try {
        return [toRecord<Value>(row)];
      } catch (error) {
        this.#report(error, row.key);
        return [];
      }
    });
  }

  #fill(key: string, index: DeclaredIndex<Value>): Promise<void> {
    index.filling ??= this.#fillAll(key, index).finally(() => {
      index.filling = undefined;
    });
    return index.filling;
  }

  async #fillAll(key: string, index: DeclaredIndex<Value>): Promise<void> {
    const valueOf = (json: string): string | undefined => {
      try {
        return index.valueOf(JSON.parse(json) as Value);
      } catch (error) {
        this.#report(error, key);
        return undefined;
      }
    };
    const fillAfter = (id: number) => () => this.#index.fill(key, id, FILL, valueOf);
    let after: number | undefined = 0;
    while (after !== undefined) after = await this.#queue.write(fillAfter(after), false);
    index.isFilled = true;
  }

  #report(error: unknown, key: string): void {
    this.#settings.logger.error(
      { err: error, path: this.#database.path, collection: this.#name, key },
      `A record is damaged and was left out: ${errorText(error)}`,
    );
  }
}

function toJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError("A record's value must be JSON.");
  return text;
}
