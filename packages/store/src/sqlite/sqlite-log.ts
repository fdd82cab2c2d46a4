import { StoreClosedError } from "../errors.js";
import { memorySettings } from "../memory/memory-options.js";
import { MemoryLog } from "../memory/memory-log.js";
import type {
  AppendResult,
  Log,
  LogBatch,
  LogEntry,
  LogEvent,
  LogInfo,
  LogWriter,
  OpenLogOptions,
} from "../ports/log.js";
import { AppendTask, newWriter, type AppendTarget, type WriterState } from "./append-task.js";
import type { CancelListeners } from "./cancel-listeners.js";
import { compactLog } from "./compact-log.js";
import { firstSeq, keepWithinBounds } from "./log-bounds.js";
import type { LogReaders } from "./log-readers.js";
import type { LogRow, LogTable } from "./log-table.js";
import type { SegmentTable } from "./segment-table.js";
import type { SqliteSettings } from "./sqlite-options.js";
import { StoredLogReader } from "./stored-log-reader.js";
import { fromTextOwner } from "./text-key.js";
import type { WriteQueue } from "./write-queue.js";

/** A log is idle when nothing was appended for so many commits: its next event does not wait for the group. */
const IDLE_GROUPS = 5;

/** What the log port is made of. */
export interface SqliteLogParts {
  readonly settings: SqliteSettings;
  readonly queue: WriteQueue;
  readonly logs: LogTable;
  readonly segments: SegmentTable;
  readonly readers: LogReaders;
  readonly cancels: CancelListeners;
}

/**
 * The log port in a SQLite file. Logs of unread events are of use to this process alone, so they are kept
 * in its memory and never reach the file.
 */
export class SqliteLog implements Log {
  readonly #parts: SqliteLogParts;
  readonly #unread: MemoryLog;
  readonly #writers = new WeakMap<LogWriter, WriterState>();
  readonly #target: AppendTarget;
  #storeClosed = false;

  constructor(parts: SqliteLogParts) {
    const { settings, logs, segments, readers } = parts;
    const { markEvent, logger, now } = settings;
    this.#parts = parts;
    this.#unread = new MemoryLog(memorySettings({ markEvent, logger, now }));
    this.#target = {
      write(state, events, characters) {
        const row = logs.extend(state, events.length, characters, now());
        let seq = row.next_seq - events.length;
        const entries = events.map(({ type, data }) => ({ seq: seq++, type, data }));
        segments.append(row.num, entries);
        keepWithinBounds(logs, segments, settings, row, state);
        return { row, entries };
      },
      hold: (log, seq) => readers.hold(log, seq),
      publish: (log, entries) => readers.publish(log, entries),
    };
  }

  async open(
    logId: string,
    owner: string | null,
    options: OpenLogOptions = {},
  ): Promise<LogWriter> {
    if (this.#storeClosed) throw new StoreClosedError();
    const { settings, queue, logs } = this.#parts;
    const isNew = (): boolean => logs.find(logId) === undefined;
    if (this.#isUnread(logId) || (options.retain === "unread" && isNew())) {
      return this.#unread.open(logId, owner, options);
    }
    const row = await queue.write(() => logs.open(logId, owner, settings.now()), false);
    const { num, epoch, next_seq: nextSeq } = row;
    const state = newWriter(logId, num, epoch, nextSeq);
    this.#writers.set(state.writer, state);
    return state.writer;
  }

  /** No async function, whose promise would take several turns to follow the one of the append. */
  append(writer: LogWriter, events: readonly LogEvent[]): AppendResult | Promise<AppendResult> {
    try {
      const state = this.#writers.get(writer);
      // In memory, and so at once: a run that is not stored costs no promise.
      return state === undefined
        ? this.#unread.append(writer, events)
        : this.#gather(state, events);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #gather(state: WriterState, events: readonly LogEvent[]): Promise<AppendResult> {
    const characters = checkEvents(events);
    const { settings, queue } = this.#parts;
    queue.checkRoom();
    const { groupCommitMs } = settings;
    const now = performance.now();
    const isIdle = now - state.lastAppendAt >= IDLE_GROUPS * groupCommitMs;
    if (events.length > 0) state.lastAppendAt = now;
    const joined = this.#storeClosed ? undefined : state.waiting;
    const task = joined ?? new AppendTask(state, this.#target);
    const result = task.add(events, characters);
    if (joined === undefined) {
      state.waiting = task;
      queue.push(task, isIdle ? 0 : groupCommitMs);
    } else {
      queue.grow(characters);
    }
    return result;
  }

  async close(writer: LogWriter): Promise<void> {
    const state = this.#writers.get(writer);
    if (state === undefined) {
      this.#unread.close(writer);
      return;
    }
    const { settings, queue, logs, cancels, readers } = this.#parts;
    // What is appended after the close must not join what was appended before it.
    state.waiting = undefined;
    await queue.write(() => logs.close(state, settings.now()));
    cancels.drop(state.num);
    readers.wake(state.num);
  }

  read(logId: string, after: number, limit: number): LogBatch {
    checkCursor(after);
    if (!(limit >= 0)) throw new RangeError(`limit must be 0 or more, not ${String(limit)}.`);
    if (this.#isUnread(logId)) return this.#unread.read(logId, after, limit);
    const row = this.#find(logId);
    if (row === undefined) return { entries: [] };
    const bounds = { limit, maxCharacters: Infinity, before: Infinity };
    const { segments } = this.#parts;
    return segments.read(row.num, after, { ...bounds, lostThrough: row.lost_through });
  }

  tail(logId: string, after: number, signal: AbortSignal): AsyncIterable<LogBatch> {
    checkCursor(after);
    return {
      [Symbol.asyncIterator]: () => {
        if (this.#isUnread(logId)) {
          return this.#unread.tail(logId, after, signal)[Symbol.asyncIterator]();
        }
        const row = this.#storeClosed ? undefined : this.#find(logId);
        return row === undefined
          ? noBatches()
          : new StoredLogReader(row.num, after, signal, this.#parts.readers);
      },
    };
  }

  info(logId: string): LogInfo | undefined {
    const unread = this.#unread.info(logId);
    if (unread !== undefined) return unread;
    const row = this.#find(logId);
    return (
      row && {
        logId,
        owner: fromTextOwner(row.owner),
        epoch: row.epoch,
        firstSeq: firstSeq(this.#parts.segments, row),
        nextSeq: row.next_seq,
        closed: row.closed_at !== null,
        cancelRequested: row.cancelled === 1,
        renewedAt: row.renewed_at,
      }
    );
  }

  async requestCancel(logId: string): Promise<boolean> {
    if (this.#isUnread(logId)) return this.#unread.requestCancel(logId);
    const { queue, logs, cancels } = this.#parts;
    const num = await queue.write(() => logs.cancel(logId));
    if (num !== undefined) cancels.call(num);
    return num !== undefined;
  }

  onCancel(logId: string, listener: () => void): () => void {
    if (this.#storeClosed) return () => {};
    return this.#isUnread(logId)
      ? this.#unread.onCancel(logId, listener)
      : this.#parts.cancels.listen(logId, listener);
  }

  async compact(logId: string, drop: (entry: LogEntry) => boolean): Promise<void> {
    if (this.#isUnread(logId)) {
      this.#unread.compact(logId, drop);
      return;
    }
    const { queue, logs, segments } = this.#parts;
    await queue.write(() => {
      const row = logs.find(logId);
      if (row === undefined) return;
      const { num, lost_through: lostThrough } = row;
      const { held, characters } = compactLog(segments, num, row, lostThrough, drop);
      logs.setHeld(num, held, characters, lostThrough);
    }, false);
  }

  async remove(logId: string): Promise<void> {
    this.#unread.remove(logId);
    const { queue, logs, cancels, readers } = this.#parts;
    const row = await queue.write(() => {
      const found = logs.find(logId);
      if (found !== undefined) logs.remove(found.num);
      return found;
    });
    if (row === undefined) return;
    cancels.drop(row.num);
    readers.wake(row.num);
  }

  /** Part of closing the store: nothing more is taken and every reader ends. */
  end(): void {
    this.#storeClosed = true;
    this.#unread.end();
    this.#parts.readers.end();
    this.#parts.cancels.end();
  }

  #isUnread(logId: string): boolean {
    return this.#unread.info(logId) !== undefined;
  }

  #find(logId: string): LogRow | undefined {
    if (this.#storeClosed) throw new StoreClosedError();
    return this.#parts.logs.find(logId);
  }
}

/** Gives the characters of their data. */
function checkEvents(events: readonly LogEvent[]): number {
  let characters = 0;
  for (const { type, data } of events) {
    if (typeof type !== "string" || typeof data !== "string") {
      throw new TypeError("An event's type and data must be strings.");
    }
    characters += data.length;
  }
  return characters;
}

function checkCursor(after: number): void {
  if (Number.isSafeInteger(after) && after >= -1) return;
  throw new RangeError(`after must be an integer from -1 up, not ${String(after)}.`);
}

async function* noBatches(): AsyncGenerator<LogBatch> {}
