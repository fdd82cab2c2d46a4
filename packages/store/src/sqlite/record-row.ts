import type { StoredRecord } from "../ports/records.js";
import { fromTextKey, fromTextOwner } from "./text-key.js";

/** A record's row. */
export interface RecordRow {
  /** Its place by creation. */
  readonly id: number;
  readonly key: string;
  readonly owner: string | null;
  readonly version: number;
  /** JSON text. */
  readonly value: string;
  readonly expires_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The columns of a {@link RecordRow}, of the table `r`. */
export const RECORD_COLUMNS =
  "r.id, r.key, r.owner, r.version, r.value, r.expires_at, r.created_at, r.updated_at";

/** Throws for a row whose value is damaged. */
export function toRecord<Value>(row: RecordRow): StoredRecord<Value> {
  return {
    key: fromTextKey(row.key),
    owner: fromTextOwner(row.owner),
    version: row.version,
    value: JSON.parse(row.value) as Value,
    expiresAt: row.expires_at ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
