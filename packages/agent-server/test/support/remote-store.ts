import {
  createMemoryStore,
  type Log,
  type MemoryStoreOptions,
  type Store,
} from "@wheelhouse/store";
import { setTimeout as delay } from "node:timers/promises";

/** The log methods that answer with a promise in a driver over a network. */
export type LogMethod = "open" | "append" | "close" | "remove" | "info" | "read";

/** How a {@link remoteStore} behaves. */
export interface RemoteStoreOptions {
  /** Milliseconds an answer takes; 0 for a microtask. A function is asked at each call. Default 0. */
  readonly latency?: number | (() => number);
  /** Called before each method; what it throws, the method rejects with, after the latency. */
  readonly fault?: (method: LogMethod, calls: number) => void;
  /** Throws at once instead of rejecting. Default false. */
  readonly sync?: boolean;
  readonly memory?: MemoryStoreOptions;
}

/** A store whose log answers with promises and may fail, as a driver over a network does. */
export function remoteStore(
  options: RemoteStoreOptions = {},
): Store & { calls: Map<string, number> } {
  const store = createMemoryStore(options.memory);
  const calls = new Map<string, number>();
  let last: Promise<unknown> = Promise.resolve();
  const remote =
    (method: LogMethod) =>
    (...args: unknown[]): unknown => {
      const count = (calls.get(method) ?? 0) + 1;
      calls.set(method, count);
      const act = (): unknown => {
        options.fault?.(method, count);
        return (store.log[method] as (...given: unknown[]) => unknown)(...args);
      };
      if (options.sync === true) return act();
      const { latency = 0 } = options;
      const milliseconds = typeof latency === "number" ? latency : latency();
      // One connection: what was sent first is done first.
      last = last
        .catch(() => undefined)
        .then(() => (milliseconds === 0 ? undefined : delay(milliseconds)))
        .then(act);
      return last;
    };
  const log: Log = {
    ...({
      open: remote("open"),
      append: remote("append"),
      close: remote("close"),
      remove: remote("remove"),
      info: remote("info"),
      read: remote("read"),
    } as Pick<Log, LogMethod>),
    tail: (...args) => store.log.tail(...args),
    requestCancel: (id) => store.log.requestCancel(id),
    onCancel: (id, listener) => store.log.onCancel(id, listener),
    compact: (id, drop) => store.log.compact(id, drop),
  };
  return { ...store, log, calls };
}
