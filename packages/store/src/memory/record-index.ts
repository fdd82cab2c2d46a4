import { OrderedList } from "./ordered-list.js";

/** A record as the driver keeps it: JSON text, so that no caller's object is shared. */
export interface Row {
  readonly key: string;
  /** Its place by creation. */
  readonly ordinal: number;
  readonly createdAt: number;
  /** Its place by its last write. */
  writeOrdinal: number;
  owner: string | null;
  version: number;
  text: string;
  /** Unix milliseconds; `Infinity` for no end. */
  expiresAt: number;
  updatedAt: number;
}

/** The records under each value of one index key, by creation. */
export class RecordIndex<Value> {
  readonly #rows = new Map<Value, OrderedList<Row>>();

  get(value: Value): OrderedList<Row> | undefined {
    return this.#rows.get(value);
  }

  add(value: Value, row: Row): void {
    let rows = this.#rows.get(value);
    if (rows === undefined) {
      rows = new OrderedList();
      this.#rows.set(value, rows);
    }
    rows.set(row.ordinal, row);
  }

  delete(value: Value, row: Row): void {
    const rows = this.#rows.get(value);
    rows?.delete(row.ordinal);
    if (rows?.size === 0) this.#rows.delete(value);
  }
}
