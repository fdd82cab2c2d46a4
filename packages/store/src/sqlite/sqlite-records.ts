import { StoreClosedError } from "../errors.js";
import type { Collection, CollectionOptions, Records } from "../ports/records.js";
import type { Database } from "./database.js";
import { SqliteCollection } from "./sqlite-collection.js";
import type { SqliteSettings } from "./sqlite-options.js";
import type { WriteQueue } from "./write-queue.js";

/** The records port in a SQLite file. */
export class SqliteRecords implements Records {
  readonly #database: Database;
  readonly #queue: WriteQueue;
  readonly #settings: SqliteSettings;
  readonly #collections = new Map<string, SqliteCollection<unknown>>();
  #storeClosed = false;

  constructor(database: Database, queue: WriteQueue, settings: SqliteSettings) {
    this.#database = database;
    this.#queue = queue;
    this.#settings = settings;
  }

  collection<Value>(name: string, options: CollectionOptions<Value> = {}): Collection<Value> {
    if (this.#storeClosed) throw new StoreClosedError();
    let collection = this.#collections.get(name) as SqliteCollection<Value> | undefined;
    if (collection === undefined) {
      collection = new SqliteCollection(name, this.#database, this.#queue, this.#settings);
      this.#collections.set(name, collection as SqliteCollection<unknown>);
    }
    for (const [key, valueOf] of Object.entries(options.indexes ?? {})) {
      collection.declareIndex(key, valueOf);
    }
    return collection;
  }

  /** Part of closing the store. */
  end(): void {
    this.#storeClosed = true;
    for (const collection of this.#collections.values()) collection.end();
  }
}
