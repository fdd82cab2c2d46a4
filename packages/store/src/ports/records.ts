type MaybePromise<Value> = Value | Promise<Value>;

/** A stored JSON value with what the store knows of it. */
export interface StoredRecord<Value = unknown> {
  readonly key: string;
  readonly owner: string | null;
  /** Counts from 1; grows with every write. */
  readonly version: number;
  readonly value: Value;
  /** Unix milliseconds; undefined for no end. */
  readonly expiresAt: number | undefined;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** How a record is written. */
export interface PutOptions {
  /** Undefined keeps the record's owner; null, also for a new record without one, is nobody's. */
  readonly owner?: string | null | undefined;
  /** Compare and set: 0 means "must not be there", else the version it must have. Undefined: write anyway. */
  readonly ifVersion?: number | undefined;
  /** Milliseconds from now; `Infinity` for no end. Undefined keeps what the record has; a new one has no end. */
  readonly ttlMs?: number | undefined;
}

/** Which records are listed. */
export interface ListOptions {
  /** Only this owner's; null for those of nobody. Undefined: everybody's. */
  readonly owner?: string | null | undefined;
  /** A declared index key and the value it must have. */
  readonly index?: { readonly key: string; readonly value: string } | undefined;
  /** By creation: a later write does not move a record. Default `desc`. */
  readonly order?: "asc" | "desc" | undefined;
  /** Goes on after this key; nothing follows a key that is not there. */
  readonly after?: string | undefined;
  /** 1 to 1,000. Default 100. */
  readonly limit?: number | undefined;
}

/** One named collection of JSON values. What is put is copied: changing the object later changes no record. */
export interface Collection<Value> {
  /**
   * Gives the record as written. Throws `VersionConflictError` when `ifVersion` does not hold, `TypeError`
   * for a value that JSON cannot express, `RangeError` for a `ttlMs` that is no number.
   */
  put(key: string, value: Value, options?: PutOptions): MaybePromise<StoredRecord<Value>>;
  /** Undefined for one that is not there or has expired. */
  get(key: string): MaybePromise<StoredRecord<Value> | undefined>;
  /** True when it was there. */
  delete(key: string): MaybePromise<boolean>;
  /** Throws `RangeError` for a limit outside 1 to 1,000 or an index that was not declared. */
  list(options?: ListOptions): MaybePromise<readonly StoredRecord<Value>[]>;
}

/** How a collection is declared. */
export interface CollectionOptions<Value> {
  /** Index keys: what value a record has under each; undefined leaves it out of the index. */
  readonly indexes?: Readonly<Record<string, (value: Value) => string | undefined>> | undefined;
}

/** Named collections: responses, items, conversations, sessions, requests, idempotency keys, rules, feedback. */
export interface Records {
  /** The collection of that name; asking twice gives the same, with the index keys of both. */
  collection<Value>(name: string, options?: CollectionOptions<Value>): Collection<Value>;
}
