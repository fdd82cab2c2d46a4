import type { Store } from "../ports/store.js";
import { MemoryLog } from "./memory-log.js";
import { memorySettings, type MemoryStoreOptions } from "./memory-options.js";
import { MemoryQueue } from "./memory-queue.js";
import { MemoryRecords } from "./memory-records.js";
import { MemorySignals } from "./memory-signals.js";

/**
 * A store in this process's memory, bounded by its options. It answers everything but `tail` and `close`
 * at once, without a promise; it has no timers, files or connections.
 */
export function createMemoryStore(options?: MemoryStoreOptions): Store {
  const settings = memorySettings(options);
  const log = new MemoryLog(settings);
  const records = new MemoryRecords(settings);
  const queue = new MemoryQueue(settings);
  const signals = new MemorySignals(settings);
  return {
    log,
    records,
    queue,
    signals,
    async close() {
      for (const part of [log, records, queue, signals]) part.end();
    },
  };
}
