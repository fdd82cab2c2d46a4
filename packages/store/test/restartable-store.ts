import {
  createMemoryStore,
  StoreClosedError,
  type Collection,
  type CollectionOptions,
  type Log,
  type Store,
} from "../src/index.js";
import type { StoreFixture } from "../src/contract.js";

/** Answers with promises, as a driver does whose data is elsewhere, and lives in a memory store that outlives it. */
function openOn(memory: Store): Store {
  const closed = new AbortController();
  const later = async <Value>(answer: () => Value | Promise<Value>): Promise<Value> => {
    await Promise.resolve();
    return answer();
  };
  const write = async <Value>(answer: () => Value | Promise<Value>): Promise<Value> => {
    if (closed.signal.aborted) throw new StoreClosedError();
    return later(answer);
  };
  const log: Log = {
    open: (...args) => write(() => memory.log.open(...args)),
    append: (...args) => write(() => memory.log.append(...args)),
    close: (...args) => later(() => memory.log.close(...args)),
    read: (...args) => later(() => memory.log.read(...args)),
    tail: (logId, after, signal) =>
      memory.log.tail(logId, after, AbortSignal.any([signal, closed.signal])),
    info: (...args) => later(() => memory.log.info(...args)),
    requestCancel: (...args) => later(() => memory.log.requestCancel(...args)),
    onCancel: (...args) => memory.log.onCancel(...args),
    compact: (...args) => later(() => memory.log.compact(...args)),
    remove: (...args) => later(() => memory.log.remove(...args)),
  };
  const collection = <Value>(
    name: string,
    options?: CollectionOptions<Value>,
  ): Collection<Value> => {
    const inner = memory.records.collection<Value>(name, options);
    return {
      put: (...args) => write(() => inner.put(...args)),
      get: (...args) => later(() => inner.get(...args)),
      delete: (...args) => later(() => inner.delete(...args)),
      list: (...args) => later(() => inner.list(...args)),
    };
  };
  return {
    log,
    records: { collection },
    queue: {
      enqueue: (...args) => write(() => memory.queue.enqueue(...args)),
      claim: (...args) => later(() => memory.queue.claim(...args)),
      ack: (...args) => later(() => memory.queue.ack(...args)),
      size: (...args) => later(() => memory.queue.size(...args)),
    },
    signals: {
      send: (...args) => later(() => memory.signals.send(...args)),
      listen: (...args) => memory.signals.listen(...args),
    },
    async close() {
      closed.abort();
    },
  };
}

/** A fixture whose store answers later and can be opened again. */
export function restartableFixture(): Required<StoreFixture> {
  const memory = createMemoryStore();
  return {
    store: openOn(memory),
    cleanup: () => memory.close(),
    reopen: async () => openOn(memory),
  };
}
