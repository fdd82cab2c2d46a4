import type { SQLInputValue } from "node:sqlite";
import type { ListOptions } from "../ports/records.js";
import type { Database } from "./database.js";
import { RECORD_COLUMNS, type RecordRow } from "./record-row.js";
import { toTextKey, toTextOwner } from "./text-key.js";

/** The rows that `Collection.list` gives; the options are checked already. */
export function listRows(
  database: Database,
  collection: string,
  options: ListOptions & { readonly limit: number },
  now: number,
): RecordRow[] {
  const { owner, index, order = "desc", after, limit } = options;
  // Each filter is on the table whose index it is in, together with the order.
  const [table, id] = index === undefined ? ["r", "r.id"] : ["i", "i.record"];
  const where = [`${table}.collection = ?`, "(r.expires_at IS NULL OR r.expires_at > ?)"];
  const params: SQLInputValue[] = [collection, now];
  if (index !== undefined) {
    where.push("i.index_key = ? AND i.value = ?");
    params.push(toTextKey(index.key), toTextKey(index.value));
  }
  if (owner !== undefined) {
    where.push(`${table}.owner IS ?`);
    params.push(toTextOwner(owner));
  }
  if (after !== undefined) {
    const cursor = database.get<{ id: number }>(
      `SELECT id FROM records
       WHERE collection = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)`,
      collection,
      toTextKey(after),
      now,
    );
    if (cursor === undefined) return [];
    where.push(`${id} ${order === "asc" ? ">" : "<"} ?`);
    params.push(cursor.id);
  }
  const from =
    index === undefined ? "records r" : "record_index i CROSS JOIN records r ON r.id = i.record";
  return database.all<RecordRow>(
    `SELECT ${RECORD_COLUMNS} FROM ${from} WHERE ${where.join(" AND ")}
     ORDER BY ${id} ${order === "asc" ? "ASC" : "DESC"} LIMIT ?`,
    ...params,
    limit,
  );
}
