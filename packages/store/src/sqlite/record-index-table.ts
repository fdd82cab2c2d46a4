import type { Database } from "./database.js";
import { toTextKey } from "./text-key.js";

/** A record's value under each declared index key; undefined leaves it out. */
export type IndexValues = ReadonlyMap<string, string | undefined>;

interface FillRow {
  readonly id: number;
  readonly owner: string | null;
  /** JSON text; null for a record that has its row already. */
  readonly value: string | null;
}

/**
 * What each record is under, by index key. A record that an index leaves out has a row as well, without
 * value: so one that was written before the index was declared, or by a program that did not declare it,
 * is told from it.
 */
export class RecordIndexTable {
  readonly #database: Database;
  readonly #collection: string;

  constructor(database: Database, collection: string) {
    this.#database = database;
    this.#collection = collection;
  }

  put(record: number, owner: string | null, values: IndexValues): void {
    for (const [key, value] of values) {
      this.#database.run(
        `INSERT INTO record_index (record, index_key, collection, value, owner) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (record, index_key) DO UPDATE SET value = excluded.value, owner = excluded.owner
         WHERE value IS NOT excluded.value OR owner IS NOT excluded.owner`,
        record,
        toTextKey(key),
        this.#collection,
        value === undefined ? null : toTextKey(value),
        owner,
      );
    }
  }

  /** What the record was under by other keys holds no more. */
  forgetOthers(record: number, values: IndexValues): void {
    this.#database.run(
      `DELETE FROM record_index
       WHERE record = ? AND index_key NOT IN (SELECT value FROM json_each(?))`,
      record,
      JSON.stringify([...values.keys()].map(toTextKey)),
    );
  }

  /**
   * Looks at the next `limit` records after that id and gives those without a row a row; the id to go on
   * after, undefined at the end.
   */
  fill(
    key: string,
    after: number,
    limit: number,
    valueOf: (json: string) => string | undefined,
  ): number | undefined {
    const rows = this.#database.all<FillRow>(
      `SELECT r.id, r.owner, CASE WHEN i.record IS NULL THEN r.value END AS value
       FROM records r LEFT JOIN record_index i ON i.record = r.id AND i.index_key = ?
       WHERE r.collection = ? AND r.id > ? ORDER BY r.id LIMIT ?`,
      toTextKey(key),
      this.#collection,
      after,
      limit,
    );
    for (const { id, owner, value } of rows) {
      if (value !== null) this.put(id, owner, new Map([[key, valueOf(value)]]));
    }
    return rows.length < limit ? undefined : rows.at(-1)?.id;
  }
}
