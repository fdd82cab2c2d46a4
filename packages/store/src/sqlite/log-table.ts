import { LogClosedError, LogFencedError } from "../errors.js";
import type { Database } from "./database.js";
import { toTextKey, toTextOwner } from "./text-key.js";

/** A log's row. `num` is never given again, so that a log that was removed and one of the same id stay apart. */
export interface LogRow {
  readonly num: number;
  readonly log_id: string;
  readonly owner: string | null;
  readonly epoch: number;
  readonly next_seq: number;
  /** Events up to this seq were let go of to stay within the bounds; -1 for none. */
  readonly lost_through: number;
  /** Events held, and the characters of their data. */
  readonly held: number;
  readonly characters: number;
  readonly cancelled: number;
  readonly closed_at: number | null;
  readonly renewed_at: number;
}

/** What a log has become by an append. */
export type ExtendedRow = Pick<
  LogRow,
  "num" | "next_seq" | "lost_through" | "held" | "characters" | "cancelled"
>;

/** Who writes: what fences are checked against. */
export interface WriterKey {
  readonly logId: string;
  readonly num: number;
  readonly epoch: number;
}

/** The logs without their events. */
export class LogTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(logId: string): LogRow | undefined {
    return this.#database.get<LogRow>("SELECT * FROM logs WHERE log_id = ?", toTextKey(logId));
  }

  get(num: number): LogRow | undefined {
    return this.#database.get<LogRow>("SELECT * FROM logs WHERE num = ?", num);
  }

  /** Makes the log or begins its next epoch. */
  open(logId: string, owner: string | null, now: number): LogRow {
    const row = this.#database.get<LogRow>(
      `INSERT INTO logs VALUES (NULL, ?, ?, 1, 0, -1, 0, 0, 0, NULL, ?)
       ON CONFLICT (log_id) DO UPDATE SET epoch = epoch + 1, renewed_at = excluded.renewed_at
       WHERE closed_at IS NULL
       RETURNING *`,
      toTextKey(logId),
      toTextOwner(owner),
      now,
    );
    if (row === undefined) throw new LogClosedError(logId);
    return row;
  }

  /** Takes seqs for so many events and renews the lease; the row as it is then. Throws as `Log.append`. */
  extend(writer: WriterKey, events: number, characters: number, now: number): ExtendedRow {
    const { num, epoch } = writer;
    const changed = this.#database.run(
      `UPDATE logs SET next_seq = next_seq + ?, held = held + ?, characters = characters + ?, renewed_at = ?
       WHERE num = ? AND epoch = ? AND closed_at IS NULL`,
      events,
      events,
      characters,
      now,
      num,
      epoch,
    );
    // Read by a statement of its own: both take two thirds of the time of one with RETURNING, which goes
    // through a table in between, and this is done for every event of a paced stream.
    const row =
      changed === 0
        ? undefined
        : this.#database.get<ExtendedRow>(
            "SELECT num, next_seq, lost_through, held, characters, cancelled FROM logs WHERE num = ?",
            num,
          );
    if (row !== undefined) return row;
    if (this.get(writer.num)?.epoch === writer.epoch) throw new LogClosedError(writer.logId);
    throw new LogFencedError(writer.logId, writer.epoch);
  }

  /** Throws as `Log.close`. */
  close(writer: WriterKey, now: number): void {
    const row = this.get(writer.num);
    if (row === undefined && this.find(writer.logId) === undefined) return;
    if (row?.epoch !== writer.epoch) throw new LogFencedError(writer.logId, writer.epoch);
    if (row.closed_at !== null) return;
    this.#database.run("UPDATE logs SET closed_at = ? WHERE num = ?", now, writer.num);
  }

  /** The log's number; undefined when it is closed or not there. */
  cancel(logId: string): number | undefined {
    return this.#database.get<LogRow>(
      "UPDATE logs SET cancelled = 1 WHERE log_id = ? AND closed_at IS NULL RETURNING num",
      toTextKey(logId),
    )?.num;
  }

  /** The logs that were asked to stop and have not ended. */
  cancelled(): number[] {
    return this.#database
      .all<LogRow>("SELECT num FROM logs WHERE cancelled = 1 AND closed_at IS NULL")
      .map((row) => row.num);
  }

  setHeld(num: number, held: number, characters: number, lostThrough: number): void {
    this.#database.run(
      "UPDATE logs SET held = ?, characters = ?, lost_through = ? WHERE num = ?",
      held,
      characters,
      lostThrough,
      num,
    );
  }

  /** Takes the log away at once; its events follow, a part at a time. */
  remove(num: number): void {
    this.#database.run("DELETE FROM logs WHERE num = ?", num);
    this.#database.run("INSERT OR IGNORE INTO removed_logs VALUES (?)", num);
  }
}
