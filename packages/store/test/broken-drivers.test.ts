import { expect, test } from "vitest";
import { storeContract, type StoreFixture } from "../src/contract.js";
import {
  createMemoryStore,
  LogFencedError,
  type Collection,
  type Log,
  type LogBatch,
  type LogEvent,
  type Queue,
  type Store,
} from "../src/index.js";
import { restartableFixture } from "./restartable-store.js";

/** A store with some methods replaced; what is replaced can call the original. */
function withLog(change: (log: Log) => Partial<Log>): (store: Store) => Store {
  return (store) => {
    const changed = change(store.log);
    const log = new Proxy(store.log, {
      get: (target, key) => {
        const value: unknown =
          key in changed ? Reflect.get(changed, key) : Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { ...store, log };
  };
}

function withQueue(change: (queue: Queue) => Partial<Queue>): (store: Store) => Store {
  return (store) => {
    const { queue } = store;
    const plain: Queue = {
      enqueue: (...args) => queue.enqueue(...args),
      claim: (...args) => queue.claim(...args),
      ack: (...args) => queue.ack(...args),
      size: (...args) => queue.size(...args),
    };
    return { ...store, queue: { ...plain, ...change(queue) } };
  };
}

function withCollection(
  change: <Value>(collection: Collection<Value>) => Partial<Collection<Value>>,
): (store: Store) => Store {
  return (store) => ({
    ...store,
    records: {
      collection(name, options) {
        const inner = store.records.collection(name, options);
        return {
          put: (...args) => inner.put(...args),
          get: (...args) => inner.get(...args),
          delete: (...args) => inner.delete(...args),
          list: (...args) => inner.list(...args),
          ...change(inner),
        };
      },
    },
  });
}

async function* eachEventAlone(tail: AsyncIterable<LogBatch>, skip: (seq: number) => boolean) {
  for await (const { entries } of tail) {
    for (const entry of entries) if (!skip(entry.seq)) yield { entries: [entry] };
  }
}

const twice = (events: readonly LogEvent[]): LogEvent[] =>
  events.flatMap((event) => [event, event]);

/** How rules say what does not hold: a fault of this file's own reads differently. */
const NOTICED =
  /expected .* got|did not throw|threw something else|ended after|must wait|aborted$|in 30 ms$/;

/** What is wrong with the driver, the rule that must notice, and the wrong. */
const broken: readonly (readonly [string, string, (store: Store) => Store])[] = [
  [
    "gives every writer epoch 1",
    "log-epochs",
    withLog((log) => ({
      open: async (...args) => ({ ...(await log.open(...args)), epoch: 1 }),
    })),
  ],
  [
    "appends every event twice",
    "log-seqs",
    withLog((log) => ({
      append: (writer, events) => log.append(writer, twice(events)),
    })),
  ],
  [
    "appends what comes before a bad event",
    "log-all-or-none",
    withLog((log) => ({
      async append(writer, events) {
        let result = await log.append(writer, []);
        for (const event of events) result = await log.append(writer, [event]);
        return result;
      },
    })),
  ],
  [
    "fences nobody",
    "log-fenced-append",
    withLog((log) => ({
      async append(writer, events) {
        try {
          return await log.append(writer, events);
        } catch (error) {
          if (error instanceof LogFencedError) return { lastSeq: 0, cancelRequested: false };
          throw error;
        }
      },
    })),
  ],
  [
    "takes cursors as inclusive",
    "log-read",
    withLog((log) => ({
      read: (logId, after, limit) => log.read(logId, Math.max(after - 1, -1), limit),
    })),
  ],
  [
    "ends tails that have read everything",
    "tail-waits",
    withLog((log) => ({
      async *tail(logId, after) {
        const batch = await log.read(logId, after, Infinity);
        if (batch.entries.length > 0) yield batch;
      },
    })),
  ],
  [
    "loses an event now and then",
    "tail-many",
    withLog((log) => ({
      tail: (...args) => eachEventAlone(log.tail(...args), (seq) => seq === 77),
    })),
  ],
  [
    "throws when the signal aborts",
    "tail-aborted-before",
    withLog((log) => ({
      async *tail(logId, after, signal) {
        signal.throwIfAborted();
        yield* log.tail(logId, after, signal);
      },
    })),
  ],
  [
    "gives one iterator for all loops",
    "tail-iterators",
    withLog((log) => ({
      tail: (...args) => eachEventAlone(log.tail(...args), () => false),
    })),
  ],
  [
    "forgets cancels",
    "cancel-append",
    withLog((log) => ({
      append: async (...args) => ({ ...(await log.append(...args)), cancelRequested: false }),
    })),
  ],
  ["cancels what has ended", "cancel-nothing", withLog(() => ({ requestCancel: () => true }))],
  [
    "compacts by removing",
    "log-compact",
    withLog((log) => ({
      compact: (logId) => log.remove(logId),
    })),
  ],
  [
    "ignores ifVersion",
    "record-cas",
    withCollection((inner) => ({
      put: (key, value, options) => inner.put(key, value, { ...options, ifVersion: undefined }),
    })),
  ],
  [
    "never expires",
    "record-ttl",
    withCollection((inner) => ({
      put: (key, value, options) => inner.put(key, value, { ...options, ttlMs: undefined }),
    })),
  ],
  [
    "ignores owners",
    "list-owner",
    withCollection((inner) => ({
      list: (options) => inner.list({ ...options, owner: undefined }),
    })),
  ],
  [
    "ignores the order",
    "list-order",
    withCollection((inner) => ({
      list: (options) => inner.list({ ...options, order: "asc" }),
    })),
  ],
  [
    "starts every page anew",
    "list-after",
    withCollection((inner) => ({
      list: (options) => inner.list({ ...options, after: undefined }),
    })),
  ],
  [
    "knows no tenants",
    "queue-turns",
    withQueue((queue) => ({
      enqueue: (name, id, payload, options) =>
        queue.enqueue(name, id, payload, { ...options, tenant: "" }),
    })),
  ],
  [
    "knows no priority",
    "queue-priority",
    withQueue((queue) => ({
      enqueue: (name, id, payload, options) =>
        queue.enqueue(name, id, payload, { ...options, priority: 0 }),
    })),
  ],
  [
    "acks whatever comes",
    "queue-ack",
    withQueue((queue) => ({
      async ack(name, job) {
        await queue.ack(name, job);
        return true;
      },
    })),
  ],
  [
    "does not count attempts",
    "queue-lease",
    withQueue((queue) => ({
      async claim(...args) {
        const job = await queue.claim(...args);
        return job && { ...job, attempt: 1 };
      },
    })),
  ],
  [
    "loses payloads",
    "signal-send",
    (store) => ({
      ...store,
      signals: {
        send: (key) => store.signals.send(key),
        listen: (...args) => store.signals.listen(...args),
      },
    }),
  ],
];

test.concurrent.for(broken)("a driver that %s breaks the rule %s", async ([, id, breakIt]) => {
  const rule = storeContract.find((candidate) => candidate.id === id);
  const make = async (): Promise<StoreFixture> => {
    const store = createMemoryStore();
    return { store: breakIt(store), cleanup: () => store.close() };
  };
  await expect(rule?.run(make)).rejects.toThrow(NOTICED);
});

test.for(["log-restart", "record-restart", "queue-restart"])(
  "a driver that forgets at a restart breaks the rule %s",
  async (id) => {
    const rule = storeContract.find((candidate) => candidate.id === id);
    const { store, cleanup } = restartableFixture();
    const reopen = async (): Promise<Store> => createMemoryStore();
    await expect(rule?.run(async () => ({ store, cleanup, reopen }))).rejects.toThrow(NOTICED);
  },
);
