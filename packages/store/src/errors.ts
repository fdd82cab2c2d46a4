/** Under `Symbol.for`, so that an error of another installed copy of the package is recognised too. */
const BRAND = Symbol.for("wheelhouse.StoreError");

/** What went wrong in a store, for code that catches. */
export type StoreErrorCode =
  | "log_fenced"
  | "log_closed"
  | "version_conflict"
  | "queue_full"
  | "store_closed"
  | "store_unavailable";

/** An error of a store: what the code around it must handle, never shown to a client as it is. */
export abstract class StoreError extends Error {
  abstract readonly code: StoreErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Somebody else opened the log, or removed it: this writer must stop. */
export class LogFencedError extends StoreError {
  override readonly name = "LogFencedError";
  readonly code = "log_fenced";
  readonly logId: string;
  /** The epoch that was refused. */
  readonly epoch: number;

  constructor(logId: string, epoch: number) {
    super(`The writer of log "${logId}" with epoch ${epoch} has been replaced.`);
    this.logId = logId;
    this.epoch = epoch;
  }
}

/** The log has ended: nothing can be appended to it. */
export class LogClosedError extends StoreError {
  override readonly name = "LogClosedError";
  readonly code = "log_closed";
  readonly logId: string;

  constructor(logId: string) {
    super(`The log "${logId}" is closed.`);
    this.logId = logId;
  }
}

/** A compare-and-set met another version: read the record again and decide anew. */
export class VersionConflictError extends StoreError {
  override readonly name = "VersionConflictError";
  readonly code = "version_conflict";
  readonly key: string;
  /** What the writer expected; 0 for "not there". */
  readonly expected: number;
  /** What the store has; 0 for "not there". */
  readonly actual: number;

  constructor(key: string, expected: number, actual: number) {
    super(`The record "${key}" has version ${actual}, not ${expected}.`);
    this.key = key;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The queue holds as many jobs as it may: refuse the work or try again later. */
export class QueueFullError extends StoreError {
  override readonly name = "QueueFullError";
  readonly code = "queue_full";
  readonly queue: string;

  constructor(queue: string) {
    super(`The queue "${queue}" is full.`);
    this.queue = queue;
  }
}

/** The store was closed before the write. */
export class StoreClosedError extends StoreError {
  override readonly name = "StoreClosedError";
  readonly code = "store_closed";

  constructor() {
    super("The store is closed.");
  }
}

/** Why a store's file or server cannot be used. */
export type StoreFault =
  | "locked"
  | "full"
  | "read_only"
  | "damaged"
  | "permissions"
  | "not_a_store"
  | "newer_version"
  | "overloaded"
  | "io";

/** The file or server behind the store failed. The message names it and what to do about it. */
export class StoreUnavailableError extends StoreError {
  override readonly name = "StoreUnavailableError";
  readonly code = "store_unavailable";
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

const hasCode = (value: unknown, code: StoreErrorCode): boolean =>
  typeof value === "object" &&
  value !== null &&
  BRAND in value &&
  (value as Partial<StoreError>).code === code;

/** Whether a value is a {@link LogFencedError}, of this copy of the package or of another one. */
export function isLogFencedError(value: unknown): value is LogFencedError {
  return hasCode(value, "log_fenced");
}

/** Whether a value is a {@link LogClosedError}, of this copy of the package or of another one. */
export function isLogClosedError(value: unknown): value is LogClosedError {
  return hasCode(value, "log_closed");
}

/** Whether a value is a {@link VersionConflictError}, of this copy of the package or of another one. */
export function isVersionConflictError(value: unknown): value is VersionConflictError {
  return hasCode(value, "version_conflict");
}

/** Whether a value is a {@link QueueFullError}, of this copy of the package or of another one. */
export function isQueueFullError(value: unknown): value is QueueFullError {
  return hasCode(value, "queue_full");
}

/** Whether a value is a {@link StoreClosedError}, of this copy of the package or of another one. */
export function isStoreClosedError(value: unknown): value is StoreClosedError {
  return hasCode(value, "store_closed");
}

/** Whether a value is a {@link StoreUnavailableError}, of this copy of the package or of another one. */
export function isStoreUnavailableError(value: unknown): value is StoreUnavailableError {
  return hasCode(value, "store_unavailable");
}
