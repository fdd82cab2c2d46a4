/** One event of a log, as it was appended. */
export interface LogEvent {
  /** The event's type: `response.output_text.delta`. */
  readonly type: string;
  /** The event as JSON text of an object, without a sequence number: the log gives it. */
  readonly data: string;
}

/** An event with the place the log gave it. */
export interface LogEntry extends LogEvent {
  /** Counts from 0 in each log, without gaps when appended; a cursor never rewinds. */
  readonly seq: number;
}

/**
 * Who may write to a log, until somebody opens it again. It is the object that `open` gave: a copy is
 * not promised to be taken.
 */
export interface LogWriter {
  readonly logId: string;
  /** Counts from 1; grows by one with every `open`; an append under an older epoch is refused. */
  readonly epoch: number;
  /** The seq the next appended event will get; kept up to date by the appends of this writer. */
  readonly nextSeq: number;
}

/** How a log is opened. */
export interface OpenLogOptions {
  /**
   * `all` keeps events until retention takes them; `unread` lets go of what the log's reader has passed
   * (for a run that nobody can attach to again), and of the log itself once it is closed and its last
   * reader has left. Default `all`.
   */
  readonly retain?: "all" | "unread" | undefined;
}

/** What an append tells the writer. */
export interface AppendResult {
  /** Seq of the last event of the log; -1 when it has none. */
  readonly lastSeq: number;
  /** Somebody asked for the run to stop, through `requestCancel`, now or under an earlier epoch. */
  readonly cancelRequested: boolean;
}

/** What is known of a log. */
export interface LogInfo {
  readonly logId: string;
  readonly owner: string | null;
  readonly epoch: number;
  /** Seq of the oldest event still held; equals `nextSeq` for an empty log. */
  readonly firstSeq: number;
  readonly nextSeq: number;
  readonly closed: boolean;
  /** Somebody asked for the run to stop. */
  readonly cancelRequested: boolean;
  /** Unix milliseconds of the last `open` or `append`: a writer silent for longer has lost its lease. */
  readonly renewedAt: number;
}

/** Events a reader asked for. */
export interface LogBatch {
  readonly entries: readonly LogEntry[];
  /**
   * Set when events after the cursor were let go to keep the log within its bounds: the seq of the
   * oldest one left. The reader needs a snapshot. What `compact` dropped is no gap: a later event says it.
   */
  readonly gapBefore?: number | undefined;
}

type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Append-only event logs, one per run or session. Drivers that can answer at once do so without a
 * promise: the hot path appends once per turn of the event loop.
 */
export interface Log {
  /**
   * Makes the log or takes it over: a new epoch, and the writer before is fenced off. Owner and options
   * are those of the first open. Throws `LogClosedError` for a closed log: a finished run is not taken over.
   */
  open(logId: string, owner: string | null, options?: OpenLogOptions): MaybePromise<LogWriter>;
  /**
   * Appends in order, all or none, and renews the writer's lease; without events it only renews. Throws
   * `LogFencedError` under an old epoch or once the log was removed, `LogClosedError` on a closed log,
   * `TypeError` for an event whose type or data is not a string.
   */
  append(writer: LogWriter, events: readonly LogEvent[]): MaybePromise<AppendResult>;
  /**
   * Ends the log: readers end after the last event. Closing twice, or a log that is gone, does nothing;
   * an old epoch is refused with `LogFencedError`.
   */
  close(writer: LogWriter): MaybePromise<void>;
  /**
   * At most `limit` events after `after` (exclusive; -1 for all), none for a log that is not there.
   * Throws `RangeError` for a cursor that is not an integer from -1 up, or a limit below 0.
   */
  read(logId: string, after: number, limit: number): MaybePromise<LogBatch>;
  /**
   * Batches after `after` (exclusive; -1 from the start), waiting for more until the log is closed and
   * read, the signal aborts (it ends quietly), or the log is removed; a log that is not there ends it at
   * once. Never an empty batch. Each iterator reads on its own; `return()` ends it. Throws `RangeError`
   * for a cursor that is not an integer from -1 up.
   */
  tail(logId: string, after: number, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** Undefined for a log that is not there. */
  info(logId: string): MaybePromise<LogInfo | undefined>;
  /**
   * Asks the writer to stop: seen in its next `append`, and by `onCancel` listeners of this process at
   * once. True for a log that is not closed, asked again too; false for one that is closed or not there.
   */
  requestCancel(logId: string): MaybePromise<boolean>;
  /**
   * Calls `listener` once when the log is asked to stop, also when it was asked before; the function
   * returned stops that. For a log that is closed or not there it is never called.
   */
  onCancel(logId: string, listener: () => void): () => void;
  /**
   * Drops the events that `drop` names (deltas whose item is complete). The seqs of the rest stay. Drops
   * nothing when `drop` throws; does nothing for a log that is not there.
   */
  compact(logId: string, drop: (entry: LogEntry) => boolean): MaybePromise<void>;
  /**
   * Removes the log; its readers end, its writer is refused from now on, also when the id is opened anew.
   * Does nothing for a log that is not there.
   */
  remove(logId: string): MaybePromise<void>;
}
