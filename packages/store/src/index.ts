// This file is the whole public surface of @wheelhouse/store; ./contract has its own.

// Ports
export type { Store } from "./ports/store.js";
export type {
  AppendResult,
  Log,
  LogBatch,
  LogEntry,
  LogEvent,
  LogInfo,
  LogWriter,
  OpenLogOptions,
} from "./ports/log.js";
export type {
  Collection,
  CollectionOptions,
  ListOptions,
  PutOptions,
  Records,
  StoredRecord,
} from "./ports/records.js";
export type { EnqueueOptions, Queue, QueueJob } from "./ports/queue.js";
export type { Signals } from "./ports/signals.js";
export type { ListSpansOptions, SpanPage, StoredSpan, TraceStore } from "./ports/traces.js";

// Errors
export {
  isLogClosedError,
  isLogFencedError,
  isQueueFullError,
  isStoreClosedError,
  isStoreUnavailableError,
  isVersionConflictError,
  LogClosedError,
  LogFencedError,
  QueueFullError,
  StoreClosedError,
  StoreError,
  StoreUnavailableError,
  VersionConflictError,
} from "./errors.js";
export type { StoreErrorCode, StoreFault } from "./errors.js";

// The memory driver
export { createMemoryStore } from "./memory/create-memory-store.js";
export { markEvent } from "./memory/event-mark.js";
export type { EventMark } from "./memory/event-mark.js";
export type { MemoryStoreOptions } from "./memory/memory-options.js";
