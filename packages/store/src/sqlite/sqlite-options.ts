import { resolve } from "node:path";
import { silentLogger, type Logger } from "@wheelhouse/core";
import { markEvent, type EventMark } from "../memory/event-mark.js";
import type { LogEvent } from "../ports/log.js";

const DAY = 86_400_000;

/** What Node's timers can wait, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/** How the SQLite driver stores. Times are in milliseconds. */
export interface SqliteStoreOptions {
  /** The file. Its folder is made with mode 0700, the file with 0600; several processes may share it. */
  readonly path: string;
  /**
   * How long appends are gathered before they are committed together, over all logs. The first event of a
   * log that was idle, and every other write, is committed at once, or with what is gathered within half of
   * that time. 0 commits what each turn of the event loop brings. Default 20.
   */
  readonly groupCommitMs?: number | undefined;
  /**
   * `full`: a write is answered, and given to tails, once it is on the disk, so that it outlives a loss of
   * power. `normal`: once the operating system has it, so that it outlives the process. The file stays
   * whole either way. Default `full`.
   */
  readonly synchronous?: "full" | "normal" | undefined;
  /** How long a closed log is kept. Default 30 days. */
  readonly finishedLogMs?: number | undefined;
  /** How long a log that was never closed is kept after its last append. Default 30 days. */
  readonly idleLogMs?: number | undefined;
  /** Bytes of the file; past it closed logs go, the first closed first. Default 8,589,934,592. */
  readonly maxBytes?: number | undefined;
  /** Events a log holds. Past it the deltas of complete items go first, then the oldest. Default 100,000. */
  readonly maxEventsPerLog?: number | undefined;
  /** UTF-16 code units of data a log holds; the newest event stays in any case. Default 268,435,456. */
  readonly maxCharactersPerLog?: number | undefined;
  /** Jobs a queue holds, waiting and leased; past it `enqueue` throws `QueueFullError`. Default 10,000. */
  readonly maxJobs?: number | undefined;
  /** Claims of one job; one whose last lease runs out without an ack is dropped. Default 100. */
  readonly maxAttempts?: number | undefined;
  /** How often other processes' writes are looked for while somebody waits for them. Default 50. */
  readonly pollMs?: number | undefined;
  /** How long a write waits for a file that another program has locked. Default 5,000. */
  readonly busyTimeoutMs?: number | undefined;
  /** How often what has outlived its time is let go of, a bounded part each time. Default 60,000. */
  readonly sweepMs?: number | undefined;
  /** Which events are pieces of an item, and which complete one. Default `markEvent`. */
  readonly markEvent?: ((event: LogEvent) => EventMark | undefined) | undefined;
  /** Told of damaged rows, failed sweeps and listeners that throw. Default: nobody. */
  readonly logger?: Logger | undefined;
  /** Unix milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** The options with their defaults. */
export type SqliteSettings = {
  readonly [Key in keyof SqliteStoreOptions]-?: NonNullable<SqliteStoreOptions[Key]>;
};

/** Fills in the defaults; throws `TypeError` or `RangeError` that names the option. */
export function sqliteSettings(options: SqliteStoreOptions): SqliteSettings {
  const number = (name: NumberOption, byDefault: number, least: number): number =>
    atLeast(name, options[name] ?? byDefault, least);
  const { path, synchronous = "full" } = options;
  if (typeof path !== "string" || path === "" || path === ":memory:") {
    throw new TypeError("path must name a file; createMemoryStore() keeps a store in memory.");
  }
  if (synchronous !== "full" && synchronous !== "normal") {
    throw new TypeError(`synchronous must be "full" or "normal", not ${String(synchronous)}.`);
  }
  return {
    path: resolve(path),
    synchronous,
    groupCommitMs: Math.min(number("groupCommitMs", 20, 0), MAX_TIMER),
    finishedLogMs: number("finishedLogMs", 30 * DAY, 0),
    idleLogMs: number("idleLogMs", 30 * DAY, 0),
    maxBytes: number("maxBytes", 2 ** 33, 1),
    maxEventsPerLog: number("maxEventsPerLog", 100_000, 1),
    maxCharactersPerLog: number("maxCharactersPerLog", 2 ** 28, 1),
    maxJobs: number("maxJobs", 10_000, 1),
    maxAttempts: number("maxAttempts", 100, 1),
    pollMs: Math.min(number("pollMs", 50, 1), MAX_TIMER),
    busyTimeoutMs: number("busyTimeoutMs", 5_000, 0),
    sweepMs: Math.min(number("sweepMs", 60_000, 1), MAX_TIMER),
    markEvent: options.markEvent ?? markEvent,
    logger: options.logger ?? silentLogger,
    now: options.now ?? (() => Date.now()),
  };
}

type NumberOption = {
  [Key in keyof SqliteStoreOptions]-?: NonNullable<SqliteStoreOptions[Key]> extends number
    ? Key
    : never;
}[keyof SqliteStoreOptions];

function atLeast(name: string, value: number, least: number): number {
  if (value >= least) return value;
  throw new RangeError(`${name} must be a number from ${least} up, not ${String(value)}.`);
}
