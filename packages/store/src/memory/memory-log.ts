import { LogClosedError, LogFencedError, StoreClosedError } from "../errors.js";
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
import { AbortWatches } from "./abort-watches.js";
import { callListener } from "./call-listener.js";
import { CompleteDeltas } from "./complete-deltas.js";
import { FinishedLogs } from "./finished-logs.js";
import { LogReader } from "./log-reader.js";
import { LogState } from "./log-state.js";
import type { MemorySettings } from "./memory-options.js";

/** The log port in memory. Everything but `tail` answers at once. */
export class MemoryLog implements Log {
  readonly #settings: MemorySettings;
  readonly #logs = new Map<string, LogState>();
  readonly #finished: FinishedLogs;
  readonly #watches = new AbortWatches();
  #storeClosed = false;

  constructor(settings: MemorySettings) {
    this.#settings = settings;
    this.#finished = new FinishedLogs(settings, (log) => {
      this.#logs.delete(log.logId);
    });
  }

  open(logId: string, owner: string | null, options: OpenLogOptions = {}): LogWriter {
    if (this.#storeClosed) throw new StoreClosedError();
    const now = this.#settings.now();
    let log = this.#logs.get(logId);
    if (log === undefined) {
      log = new LogState(logId, owner, options.retain ?? "all", now, this.#forget);
      this.#logs.set(logId, log);
    }
    if (log.closed) throw new LogClosedError(logId);
    log.writer = { logId, epoch: log.writer.epoch + 1, nextSeq: log.nextSeq };
    log.renewedAt = now;
    return log.writer;
  }

  append(writer: LogWriter, events: readonly LogEvent[]): AppendResult {
    const log = this.#writable(writer);
    if (log.closed) throw new LogClosedError(log.logId);
    let seq = log.nextSeq;
    // Entries are made before the first is taken, so that a bad event leaves the log as it was.
    const entries = events.map((event) => toEntry(seq++, event));
    for (const entry of entries) log.buffer.push(entry);
    log.nextSeq = seq;
    log.writer.nextSeq = seq;
    log.renewedAt = this.#settings.now();
    this.#keepWithinBounds(log);
    log.wake();
    return { lastSeq: seq - 1, cancelRequested: log.cancelRequested };
  }

  close(writer: LogWriter): void {
    if (!this.#logs.has(writer.logId)) return;
    const log = this.#writable(writer);
    if (log.closed) return;
    log.closed = true;
    log.cancelListeners.clear();
    log.wake();
    this.#finished.add(log);
    log.endIfAbandoned();
  }

  read(logId: string, after: number, limit: number): LogBatch {
    checkCursor(after);
    if (!(limit >= 0)) throw new RangeError(`limit must be 0 or more, not ${String(limit)}.`);
    return this.#logs.get(logId)?.buffer.after(after, limit) ?? { entries: [] };
  }

  tail(logId: string, after: number, signal: AbortSignal): AsyncIterable<LogBatch> {
    checkCursor(after);
    return {
      [Symbol.asyncIterator]: () => {
        const log = this.#logs.get(logId);
        return log === undefined ? noBatches() : new LogReader(log, after, signal, this.#watches);
      },
    };
  }

  info(logId: string): LogInfo | undefined {
    return this.#logs.get(logId)?.info();
  }

  requestCancel(logId: string): boolean {
    const log = this.#logs.get(logId);
    if (log === undefined || log.closed) return false;
    log.cancelRequested = true;
    const listeners = [...log.cancelListeners];
    log.cancelListeners.clear();
    for (const listener of listeners) callListener(listener, undefined, this.#settings.logger);
    return true;
  }

  onCancel(logId: string, listener: () => void): () => void {
    const log = this.#logs.get(logId);
    if (log === undefined || log.closed) return () => {};
    if (log.cancelRequested) {
      callListener(listener, undefined, this.#settings.logger);
      return () => {};
    }
    // A wrapper, so that the same function listening twice is told twice and stopped one by one.
    const entry = (): void => listener();
    log.cancelListeners.add(entry);
    return () => {
      log.cancelListeners.delete(entry);
    };
  }

  compact(logId: string, drop: (entry: LogEntry) => boolean): void {
    this.#logs.get(logId)?.buffer.compact(drop);
  }

  remove(logId: string): void {
    const log = this.#logs.get(logId);
    if (log === undefined) return;
    log.removed = true;
    log.buffer.clear();
    log.cancelListeners.clear();
    log.wake();
    this.#forget(log);
  }

  /** Part of closing the store: every reader ends. */
  end(): void {
    this.#storeClosed = true;
    for (const logId of this.#logs.keys()) this.remove(logId);
  }

  readonly #forget = (log: LogState): void => {
    // The id may have been opened anew since; the new log stays.
    if (this.#logs.get(log.logId) === log) this.#logs.delete(log.logId);
    this.#finished.delete(log);
  };

  #writable(writer: LogWriter): LogState {
    if (this.#storeClosed) throw new StoreClosedError();
    const log = this.#logs.get(writer.logId);
    // By identity: a log that was removed and opened anew counts its epochs from 1 again.
    if (log === undefined || log.writer !== writer) {
      throw new LogFencedError(writer.logId, writer.epoch);
    }
    return log;
  }

  #keepWithinBounds(log: LogState): void {
    const { buffer } = log;
    const { maxEventsPerLog, maxCharactersPerLog } = this.#settings;
    const isOver = (): boolean =>
      buffer.length > maxEventsPerLog || buffer.characters > maxCharactersPerLog;
    if (!isOver()) return;
    log.completeDeltas ??= new CompleteDeltas(this.#settings.markEvent);
    log.completeDeltas.drop(buffer);
    while (isOver() && buffer.length > 1) buffer.dropFirst();
  }
}

function toEntry(seq: number, { type, data }: LogEvent): LogEntry {
  if (typeof type !== "string" || typeof data !== "string") {
    throw new TypeError("An event's type and data must be strings.");
  }
  return { seq, type, data };
}

function checkCursor(after: number): void {
  if (Number.isSafeInteger(after) && after >= -1) return;
  throw new RangeError(`after must be an integer from -1 up, not ${String(after)}.`);
}

async function* noBatches(): AsyncGenerator<LogBatch> {}
