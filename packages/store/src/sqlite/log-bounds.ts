import { errorText } from "@wheelhouse/core";
import { CompleteDeltas, type HeldEvents } from "../memory/complete-deltas.js";
import type { EventMark } from "../memory/event-mark.js";
import type { LogEntry } from "../ports/log.js";
import { compactLog, type LogSize } from "./compact-log.js";
import type { ExtendedRow, LogTable } from "./log-table.js";
import type { SegmentTable } from "./segment-table.js";
import type { SqliteSettings } from "./sqlite-options.js";

/** What is remembered of a log past its bounds, so that each of its events is looked at once. */
export interface BoundsMemory {
  completeDeltas: CompleteDeltas | undefined;
}

/** Keeps a log within its bounds: the deltas of complete items go first, then the oldest events. */
export function keepWithinBounds(
  logs: LogTable,
  segments: SegmentTable,
  settings: SqliteSettings,
  row: ExtendedRow,
  memory: BoundsMemory,
): void {
  const { maxEventsPerLog, maxCharactersPerLog } = settings;
  let size: LogSize = { held: row.held, characters: row.characters };
  const isOver = (): boolean =>
    size.held > maxEventsPerLog || size.characters > maxCharactersPerLog;
  if (!isOver()) return;

  const stored: HeldEvents = {
    get length() {
      return size.held;
    },
    firstSeq: firstSeq(segments, row),
    *iterateAfter(cursor: number) {
      const from = Math.max(cursor, row.lost_through);
      for (const { entries = [] } of segments.after(row.num, from)) {
        for (const entry of entries) if (entry.seq > from) yield entry;
      }
    },
    compact(drop: (entry: LogEntry) => boolean, oldest = -1) {
      const from = Math.max(oldest - 1, row.lost_through);
      size = compactLog(segments, row.num, size, from, drop);
    },
  };
  memory.completeDeltas ??= new CompleteDeltas((entry) => safeMark(settings, entry));
  memory.completeDeltas.drop(stored);

  let lostThrough = row.lost_through;
  if (isOver()) {
    let { held, characters } = size;
    for (const entry of stored.iterateAfter(lostThrough)) {
      if (!isOver() || held <= 1) break;
      size = { held: --held, characters: (characters -= entry.data.length) };
      lostThrough = entry.seq;
    }
    segments.deleteThrough(row.num, lostThrough);
  }
  logs.setHeld(row.num, size.held, size.characters, lostThrough);
}

/** Seq of the oldest event held; `next_seq` for an empty log. */
export function firstSeq(segments: SegmentTable, row: ExtendedRow): number {
  for (const { entries = [] } of segments.after(row.num, row.lost_through)) {
    const first = entries.find((entry) => entry.seq > row.lost_through);
    if (first !== undefined) return first.seq;
  }
  return row.next_seq;
}

/** An event whose mark cannot be told has none: the append itself must not fail for it. */
function safeMark({ markEvent, logger }: SqliteSettings, entry: LogEntry): EventMark | undefined {
  try {
    return markEvent(entry);
  } catch (error) {
    logger.error({ err: error }, `markEvent threw: ${errorText(error)}`);
    return undefined;
  }
}
