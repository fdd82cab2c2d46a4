import { StoreClosedError } from "../errors.js";
import type { Collection, CollectionOptions, Records } from "../ports/records.js";
import { MemoryCollection } from "./memory-collection.js";
import type { MemorySettings } from "./memory-options.js";

/** The records port in memory. */
export class MemoryRecords implements Records {
  readonly #settings: MemorySettings;
  readonly #collections = new Map<string, MemoryCollection<unknown>>();
  #storeClosed = false;

  constructor(settings: MemorySettings) {
    this.#settings = settings;
  }

  collection<Value>(name: string, options: CollectionOptions<Value> = {}): Collection<Value> {
    if (this.#storeClosed) throw new StoreClosedError();
    let collection = this.#collections.get(name) as MemoryCollection<Value> | undefined;
    if (collection === undefined) {
      collection = new MemoryCollection<Value>(this.#settings);
      this.#collections.set(name, collection as MemoryCollection<unknown>);
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
    this.#collections.clear();
  }
}
