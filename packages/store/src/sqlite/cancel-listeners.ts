import type { Logger } from "@wheelhouse/core";
import { callListener } from "../memory/call-listener.js";
import type { ChangeWatch, ChangeWatcher } from "./change-watch.js";
import type { LogTable } from "./log-table.js";

/** Who in this process wants to know that a log is asked to stop. */
export class CancelListeners implements ChangeWatcher {
  readonly #logs: LogTable;
  readonly #watch: ChangeWatch;
  readonly #logger: Logger;
  readonly #listeners = new Map<number, Set<() => void>>();

  constructor(logs: LogTable, watch: ChangeWatch, logger: Logger) {
    this.#logs = logs;
    this.#watch = watch;
    this.#logger = logger;
    watch.add(this);
  }

  get interest(): "none" | "idle" {
    return this.#listeners.size > 0 ? "idle" : "none";
  }

  /** As `Log.onCancel`. */
  listen(logId: string, listener: () => void): () => void {
    const row = this.#logs.find(logId);
    if (row === undefined || row.closed_at !== null) return () => {};
    if (row.cancelled === 1) {
      callListener(listener, undefined, this.#logger);
      return () => {};
    }
    // A wrapper, so that the same function listening twice is told twice and stopped one by one.
    const entry = (): void => listener();
    const listeners = this.#listeners.get(row.num) ?? new Set();
    listeners.add(entry);
    this.#listeners.set(row.num, listeners);
    this.#watch.update();
    return () => {
      if (listeners.delete(entry) && listeners.size === 0) this.drop(row.num);
    };
  }

  call(log: number): void {
    const listeners = this.#listeners.get(log) ?? [];
    this.drop(log);
    for (const listener of listeners) callListener(listener, undefined, this.#logger);
  }

  /** The log has ended. */
  drop(log: number): void {
    if (this.#listeners.delete(log)) this.#watch.update();
  }

  changed(): void {
    if (this.#listeners.size === 0) return;
    for (const log of this.#logs.cancelled()) if (this.#listeners.has(log)) this.call(log);
  }

  /** Part of closing the store. */
  end(): void {
    this.#listeners.clear();
  }
}
