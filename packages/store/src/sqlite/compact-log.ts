import type { LogEntry } from "../ports/log.js";
import type { SegmentTable } from "./segment-table.js";

/** Events that a log holds, and the UTF-16 code units of their data. */
export interface LogSize {
  readonly held: number;
  readonly characters: number;
}

/** Drops from the events after the cursor those that `drop` names; gives the log's new size. */
export function compactLog(
  segments: SegmentTable,
  log: number,
  size: LogSize,
  cursor: number,
  drop: (entry: LogEntry) => boolean,
): LogSize {
  let { held, characters } = size;
  const changes: { id: number; kept: LogEntry[] }[] = [];
  for (const { id, entries } of segments.after(log, cursor)) {
    if (entries === undefined) continue;
    const kept = entries.filter((entry) => {
      if (entry.seq <= cursor || !drop(entry)) return true;
      held--;
      characters -= entry.data.length;
      return false;
    });
    if (kept.length < entries.length) changes.push({ id, kept });
  }
  // Only now, so that the rows are not changed while they are read.
  for (const { id, kept } of changes) segments.replace(log, id, kept);
  return { held, characters };
}
