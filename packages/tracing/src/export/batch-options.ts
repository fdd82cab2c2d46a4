/** How spans are gathered for a backend. */
export interface BatchOptions {
  /** Spans that wait at most; more are dropped, counted. Default `OTEL_BSP_MAX_QUEUE_SIZE`, else 2,048. */
  readonly maxQueueSize?: number | undefined;
  /**
   * Spans in one request. Default `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, else 64: writing a request holds the
   * event loop up, and larger ones would be felt.
   */
  readonly maxBatchSize?: number | undefined;
  /** Milliseconds a span waits for others. Default `OTEL_BSP_SCHEDULE_DELAY`, else 1,000. */
  readonly scheduleDelayMs?: number | undefined;
  /** Milliseconds after which an export counts as failed. Default `OTEL_BSP_EXPORT_TIMEOUT`, else 30,000. */
  readonly exportTimeoutMs?: number | undefined;
  /** Milliseconds that flushing and closing wait for the backend. Default 5,000. */
  readonly flushTimeoutMs?: number | undefined;
}

/** The options with their defaults. */
export type BatchSettings = { readonly [Key in keyof BatchOptions]-?: number };

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Fills in the defaults.
 *
 * @throws RangeError that names the option or the variable.
 */
export function batchSettings(options: BatchOptions, env: Env): BatchSettings {
  const maxQueueSize = whole("maxQueueSize", options.maxQueueSize, env, "MAX_QUEUE_SIZE", 2_048);
  const maxBatchSize = whole(
    "maxBatchSize",
    options.maxBatchSize,
    env,
    "MAX_EXPORT_BATCH_SIZE",
    64,
  );
  return {
    maxQueueSize,
    maxBatchSize: Math.min(maxBatchSize, maxQueueSize),
    scheduleDelayMs: whole(
      "scheduleDelayMs",
      options.scheduleDelayMs,
      env,
      "SCHEDULE_DELAY",
      1_000,
    ),
    exportTimeoutMs: whole(
      "exportTimeoutMs",
      options.exportTimeoutMs,
      env,
      "EXPORT_TIMEOUT",
      30_000,
    ),
    flushTimeoutMs: whole("flushTimeoutMs", options.flushTimeoutMs, {}, "", 5_000),
  };
}

function whole(
  name: string,
  given: number | undefined,
  env: Env,
  suffix: string,
  byDefault: number,
): number {
  const variable = `OTEL_BSP_${suffix}`;
  const text = env[variable]?.trim() || undefined;
  const value = given ?? (text === undefined ? byDefault : Number(text));
  if (Number.isInteger(value) && value >= 1 && value < 2 ** 31) return value;
  throw new RangeError(
    `${given === undefined ? variable : name} must be a whole number from 1 up, not ${String(given ?? text)}.`,
  );
}
