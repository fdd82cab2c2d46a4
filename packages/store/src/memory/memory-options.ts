import { silentLogger, type Logger } from "@wheelhouse/core";
import type { LogEvent } from "../ports/log.js";
import { markEvent, type EventMark } from "./event-mark.js";

/** Bounds of the memory driver. A character is a UTF-16 code unit: one byte of memory for Latin-1 text, else two. */
export interface MemoryStoreOptions {
  /** Events a log holds. Past it the deltas of complete items go first, then the oldest. Default 10,000. */
  readonly maxEventsPerLog?: number | undefined;
  /** Characters of data a log holds; the newest event stays in any case. Default 67,108,864. */
  readonly maxCharactersPerLog?: number | undefined;
  /** Closed logs kept, the first closed goes first. Running logs are never let go of. Default 1,000. */
  readonly maxFinishedLogs?: number | undefined;
  /** Characters of data in closed logs, counted when they close. Default 268,435,456. */
  readonly maxFinishedCharacters?: number | undefined;
  /** Records a collection holds; the least recently written goes first. Default 100,000. */
  readonly maxRecords?: number | undefined;
  /** Characters of JSON a collection holds; the newest record stays in any case. Default 268,435,456. */
  readonly maxRecordCharacters?: number | undefined;
  /** Jobs a queue holds, waiting and leased; past it `enqueue` throws `QueueFullError`. Default 10,000. */
  readonly maxJobs?: number | undefined;
  /**
   * Claims of one job. One whose last lease runs out without an ack is dropped: it takes its worker down
   * each time. A worker that reads `attempt` can give up earlier and say so. Default 100.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Which events are pieces of an item, and which complete one. Asked only about logs past their bounds.
   * Default {@link markEvent}: the events of the Responses API and of assistant sessions.
   */
  readonly markEvent?: ((event: LogEvent) => EventMark | undefined) | undefined;
  /** Told of listeners that throw. Default: nobody. */
  readonly logger?: Logger | undefined;
  /** Unix milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** The options with their defaults. */
export type MemorySettings = {
  readonly [Key in keyof MemoryStoreOptions]-?: NonNullable<MemoryStoreOptions[Key]>;
};

/** Fills in the defaults; throws `RangeError` for a bound that is not an integer from 1 up (or `Infinity`). */
export function memorySettings(options: MemoryStoreOptions = {}): MemorySettings {
  return {
    maxEventsPerLog: bound("maxEventsPerLog", options.maxEventsPerLog, 10_000),
    maxCharactersPerLog: bound("maxCharactersPerLog", options.maxCharactersPerLog, 2 ** 26),
    maxFinishedLogs: bound("maxFinishedLogs", options.maxFinishedLogs, 1_000),
    maxFinishedCharacters: bound("maxFinishedCharacters", options.maxFinishedCharacters, 2 ** 28),
    maxRecords: bound("maxRecords", options.maxRecords, 100_000),
    maxRecordCharacters: bound("maxRecordCharacters", options.maxRecordCharacters, 2 ** 28),
    maxJobs: bound("maxJobs", options.maxJobs, 10_000),
    maxAttempts: bound("maxAttempts", options.maxAttempts, 100),
    markEvent: options.markEvent ?? markEvent,
    logger: options.logger ?? silentLogger,
    now: options.now ?? (() => Date.now()),
  };
}

function bound(name: string, value: number | undefined, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (value >= 1 && (Number.isInteger(value) || value === Infinity)) return value;
  throw new RangeError(`${name} must be an integer from 1 up, not ${String(value)}.`);
}
