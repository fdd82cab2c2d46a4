import { StoreClosedError, VersionConflictError } from "../errors.js";
import type { Collection, ListOptions, PutOptions, StoredRecord } from "../ports/records.js";
import type { MemorySettings } from "./memory-options.js";
import { OrderedList } from "./ordered-list.js";
import { RecordIndex, type Row } from "./record-index.js";

/** Records looked at for their end with every write: n / 4 writes look at all n. */
const SWEEP = 4;

interface DeclaredIndex<Value> {
  readonly valueOf: (value: Value) => string | undefined;
  readonly rows: RecordIndex<string>;
  /** What each record is under, to find it there again. */
  readonly values: Map<Row, string>;
}

/** One collection of the memory driver. */
export class MemoryCollection<Value> implements Collection<Value> {
  readonly #settings: MemorySettings;
  readonly #rows = new Map<string, Row>();
  /** The least recently written first; a Map that is written anew at its end is slow to give its first. */
  readonly #byWrite = new OrderedList<Row>();
  readonly #byCreation = new OrderedList<Row>();
  readonly #byOwner = new RecordIndex<string | null>();
  readonly #indexes = new Map<string, DeclaredIndex<Value>>();
  #sweeping: Iterator<Row> = this.#rows.values();
  /** Of creations and writes. */
  #nextOrdinal = 0;
  #characters = 0;
  #storeClosed = false;

  constructor(settings: MemorySettings) {
    this.#settings = settings;
  }

  put(key: string, value: Value, options: PutOptions = {}): StoredRecord<Value> {
    if (this.#storeClosed) throw new StoreClosedError();
    const now = this.#settings.now();
    const before = this.#live(key, now);
    const version = before?.version ?? 0;
    const { ifVersion } = options;
    if (ifVersion !== undefined && ifVersion !== version) {
      throw new VersionConflictError(key, ifVersion, version);
    }
    // Whatever can throw comes before the first change.
    const text = toJson(value);
    const indexed = [...this.#indexes.values()].map((index) => index.valueOf(value));
    const expiresAt = endOf(options.ttlMs, now) ?? before?.expiresAt ?? Infinity;
    const owner = options.owner === undefined ? (before?.owner ?? null) : options.owner;

    const row = before ?? this.#create(key, owner, now);
    if (row.owner !== owner) {
      this.#byOwner.delete(row.owner, row);
      this.#byOwner.add(owner, row);
    }
    this.#characters += text.length - row.text.length;
    Object.assign(row, { owner, version: version + 1, text, expiresAt, updatedAt: now });
    this.#byWrite.delete(row.writeOrdinal);
    row.writeOrdinal = this.#nextOrdinal++;
    this.#byWrite.set(row.writeOrdinal, row);
    let at = 0;
    for (const index of this.#indexes.values()) moveTo(index, row, indexed[at++]);
    this.#sweep(now);
    this.#keepWithinBounds();
    return toRecord(row, value);
  }

  get(key: string): StoredRecord<Value> | undefined {
    const row = this.#live(key, this.#settings.now());
    return row && toRecord(row, JSON.parse(row.text) as Value);
  }

  delete(key: string): boolean {
    const row = this.#live(key, this.#settings.now());
    if (row !== undefined) this.#drop(row);
    return row !== undefined;
  }

  list(options: ListOptions = {}): readonly StoredRecord<Value>[] {
    const { owner, index, order = "desc", after, limit = 100 } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      throw new RangeError(`limit must be an integer from 1 to 1,000, not ${String(limit)}.`);
    }
    const now = this.#settings.now();
    let rows: OrderedList<Row> | undefined = this.#byCreation;
    if (index !== undefined) rows = this.#declared(index.key).rows.get(index.value);
    if (owner !== undefined) rows = shorter(rows, this.#byOwner.get(owner));
    const cursor = after === undefined ? undefined : this.#live(after, now);
    if (rows === undefined || (after !== undefined && cursor === undefined)) return [];

    const found: StoredRecord<Value>[] = [];
    const expired: Row[] = [];
    const walk =
      order === "asc" ? rows.ascending(cursor?.ordinal) : rows.descending(cursor?.ordinal);
    for (const row of walk) {
      if (found.length === limit) break;
      if (row.expiresAt <= now) expired.push(row);
      else if (
        (owner === undefined || row.owner === owner) &&
        (index === undefined || this.#declared(index.key).values.get(row) === index.value)
      ) {
        found.push(toRecord(row, JSON.parse(row.text) as Value));
      }
    }
    for (const row of expired) this.#drop(row);
    return found;
  }

  /** Declares an index key; one that is declared already stays as it is. */
  declareIndex(key: string, valueOf: (value: Value) => string | undefined): void {
    if (this.#indexes.has(key)) return;
    const index: DeclaredIndex<Value> = { valueOf, rows: new RecordIndex(), values: new Map() };
    for (const row of this.#rows.values()) {
      moveTo(index, row, valueOf(JSON.parse(row.text) as Value));
    }
    this.#indexes.set(key, index);
  }

  /** Part of closing the store. */
  end(): void {
    for (const row of this.#rows.values()) this.#drop(row);
    this.#storeClosed = true;
  }

  #declared(key: string): DeclaredIndex<Value> {
    const index = this.#indexes.get(key);
    if (index === undefined) throw new RangeError(`The index "${key}" was not declared.`);
    return index;
  }

  /** The record of that key unless it has expired; one that has is let go of. */
  #live(key: string, now: number): Row | undefined {
    const row = this.#rows.get(key);
    if (row === undefined || row.expiresAt > now) return row;
    this.#drop(row);
    return undefined;
  }

  #create(key: string, owner: string | null, now: number): Row {
    const ordinal = this.#nextOrdinal++;
    const times = { createdAt: now, updatedAt: now, expiresAt: Infinity };
    const row: Row = { key, ordinal, writeOrdinal: -1, owner, version: 0, text: "", ...times };
    this.#rows.set(key, row);
    this.#byCreation.set(ordinal, row);
    this.#byOwner.add(owner, row);
    return row;
  }

  #drop(row: Row): void {
    this.#rows.delete(row.key);
    this.#byWrite.delete(row.writeOrdinal);
    this.#byCreation.delete(row.ordinal);
    this.#byOwner.delete(row.owner, row);
    for (const index of this.#indexes.values()) moveTo(index, row, undefined);
    this.#characters -= row.text.length;
  }

  #sweep(now: number): void {
    for (let looked = 0; looked < SWEEP; looked++) {
      const next = this.#sweeping.next();
      if (next.done === true) {
        this.#sweeping = this.#rows.values();
        return;
      }
      if (next.value.expiresAt <= now) this.#drop(next.value);
    }
  }

  #keepWithinBounds(): void {
    const { maxRecords, maxRecordCharacters } = this.#settings;
    const isOver = (): boolean =>
      this.#rows.size > maxRecords || this.#characters > maxRecordCharacters;
    while (isOver() && this.#rows.size > 1) {
      const oldest = this.#byWrite.first();
      if (oldest !== undefined) this.#drop(oldest);
    }
  }
}

function toJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError("A record's value must be JSON.");
  return text;
}

function endOf(ttlMs: number | undefined, now: number): number | undefined {
  if (ttlMs === undefined) return undefined;
  if (Number.isNaN(ttlMs)) throw new RangeError("ttlMs must be a number.");
  return now + ttlMs;
}

function shorter<Item>(
  one: OrderedList<Item> | undefined,
  other: OrderedList<Item> | undefined,
): OrderedList<Item> | undefined {
  if (one === undefined || other === undefined) return undefined;
  return one.size < other.size ? one : other;
}

/** Puts a record under a value of an index, away from the one before; undefined takes it out. */
function moveTo<Value>(index: DeclaredIndex<Value>, row: Row, value: string | undefined): void {
  const before = index.values.get(row);
  if (before === value) return;
  if (before !== undefined) index.rows.delete(before, row);
  if (value === undefined) {
    index.values.delete(row);
    return;
  }
  index.rows.add(value, row);
  index.values.set(row, value);
}

function toRecord<Value>(row: Row, value: Value): StoredRecord<Value> {
  const { key, owner, version, createdAt, updatedAt } = row;
  const expiresAt = row.expiresAt === Infinity ? undefined : row.expiresAt;
  return { key, owner, version, value, expiresAt, createdAt, updatedAt };
}
