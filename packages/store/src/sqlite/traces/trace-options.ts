import { resolve } from "node:path";
import { type Logger, silentLogger } from "@wheelhouse/core";

const DAY = 86_400_000;

/** How traces are kept in a file. */
export interface SqliteTraceStoreOptions {
  /** The file. Its folder is made with mode 0700, the file with 0600; several processes may share it. */
  readonly path: string;
  /** Milliseconds a span is kept after its end. Default 7 days. */
  readonly maxAgeMs?: number | undefined;
  /** Bytes of the file; past it the oldest spans go. Default 1,073,741,824 (1 GiB). */
  readonly maxBytes?: number | undefined;
  /** Milliseconds between two looks for what has outlived its time. Default 60,000. */
  readonly sweepMs?: number | undefined;
  /** Milliseconds the start, or a write, waits for a file that another program has locked. Default 5,000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Told of sweeps that fail. Default: nobody. */
  readonly logger?: Logger | undefined;
}

/** The options with their defaults. */
export type TraceSettings = {
  readonly [Key in keyof SqliteTraceStoreOptions]-?: NonNullable<SqliteTraceStoreOptions[Key]>;
};

/** Fills in the defaults; throws `TypeError` or `RangeError` that names the option. */
export function traceSettings(options: SqliteTraceStoreOptions): TraceSettings {
  const { path } = options;
  if (typeof path !== "string" || path === "" || path === ":memory:") {
    throw new TypeError("path must name a file.");
  }
  return {
    path: resolve(path),
    maxAgeMs: atLeast("maxAgeMs", options.maxAgeMs ?? 7 * DAY, 0),
    maxBytes: atLeast("maxBytes", options.maxBytes ?? 2 ** 30, 1),
    sweepMs: Math.min(atLeast("sweepMs", options.sweepMs ?? 60_000, 1), 2 ** 31 - 1),
    busyTimeoutMs: atLeast("busyTimeoutMs", options.busyTimeoutMs ?? 5_000, 0),
    logger: options.logger ?? silentLogger,
  };
}

function atLeast(name: string, value: number, least: number): number {
  if (value >= least) return value;
  throw new RangeError(`${name} must be a number from ${least} up, not ${String(value)}.`);
}
