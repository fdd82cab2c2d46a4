import { errorText } from "@wheelhouse/core";
import type { LogBatch, LogEntry } from "../ports/log.js";
import type { Database } from "./database.js";
import { decodeSegment, encodeSegments, type Segment } from "./segment.js";
import type { SqliteSettings } from "./sqlite-options.js";

/** Rows read at once: the first of a read, and those that follow. */
const FIRST_ROWS = 4;
const MORE_ROWS = 64;

/** Damaged rows that are remembered, so that each is reported once. */
const MAX_REPORTED = 1_000;

interface SegmentRow extends Segment {
  readonly id: number;
}

/** A segment with its events; undefined for a row that is damaged. */
export interface StoredSegment {
  readonly id: number;
  readonly entries: readonly LogEntry[] | undefined;
}

/** Which events are read, besides the cursor. */
export interface ReadBounds {
  readonly limit: number;
  /** UTF-16 code units; the first event is given in any case. */
  readonly maxCharacters: number;
  /** Only events before this seq. */
  readonly before: number;
  /** Events up to this seq were let go of. */
  readonly lostThrough: number;
}

/** The events of all logs. */
export class SegmentTable {
  readonly #database: Database;
  readonly #settings: SqliteSettings;
  readonly #reported = new Set<number>();

  constructor(database: Database, settings: SqliteSettings) {
    this.#database = database;
    this.#settings = settings;
  }

  append(log: number, entries: readonly LogEntry[]): void {
    for (const { first_seq, last_seq, seqs, events } of encodeSegments(entries)) {
      this.#database.run(
        "INSERT INTO segments (log, first_seq, last_seq, seqs, events) VALUES (?, ?, ?, ?, ?)",
        log,
        first_seq,
        last_seq,
        seqs,
        events,
      );
    }
  }

  /** Puts what is left of a segment in its place. */
  replace(log: number, id: number, entries: readonly LogEntry[]): void {
    this.#database.run("DELETE FROM segments WHERE id = ?", id);
    this.append(log, entries);
  }

  deleteThrough(log: number, seq: number): void {
    this.#database.run("DELETE FROM segments WHERE log = ? AND last_seq <= ?", log, seq);
  }

  /** The segments with events after the cursor, in order. */
  *after(log: number, cursor: number): Generator<StoredSegment> {
    let after = cursor;
    for (let limit = FIRST_ROWS; ; limit = MORE_ROWS) {
      const rows = this.#database.all<SegmentRow>(
        `SELECT id, first_seq, last_seq, seqs, events FROM segments
         WHERE log = ? AND last_seq > ? ORDER BY last_seq LIMIT ?`,
        log,
        after,
        limit,
      );
      for (const row of rows) yield { id: row.id, entries: this.#decode(log, row) };
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) return;
      after = last.last_seq;
    }
  }

  /** Damaged rows count as events that were let go of: they are reported, and the reader learns of the gap. */
  read(log: number, cursor: number, bounds: ReadBounds): LogBatch {
    const { limit, maxCharacters, before, lostThrough } = bounds;
    const entries: LogEntry[] = [];
    let hasGap = cursor < lostThrough;
    let characters = 0;
    const from = Math.max(cursor, lostThrough);
    scan: for (const segment of this.after(log, from)) {
      if (segment.entries === undefined) {
        if (entries.length > 0) break;
        hasGap = true;
        continue;
      }
      for (const entry of segment.entries) {
        if (entry.seq <= from) continue;
        characters += entry.data.length;
        const isOver = entries.length >= Math.max(limit, 1) || characters > maxCharacters;
        if (entry.seq >= before || (isOver && entries.length > 0)) break scan;
        entries.push(entry);
      }
    }
    const first = entries[0];
    const asked = limit < 1 ? [] : entries;
    return hasGap && first !== undefined
      ? { entries: asked, gapBefore: first.seq }
      : { entries: asked };
  }

  #decode(log: number, row: SegmentRow): readonly LogEntry[] | undefined {
    try {
      return decodeSegment(row);
    } catch (error) {
      if (this.#reported.has(row.id) || this.#reported.size >= MAX_REPORTED) return undefined;
      this.#reported.add(row.id);
      this.#settings.logger.error(
        {
          err: error,
          path: this.#database.path,
          log,
          firstSeq: row.first_seq,
          lastSeq: row.last_seq,
        },
        `Events of a log are damaged and were left out: ${errorText(error)}`,
      );
      return undefined;
    }
  }
}
