import { closeSync, fdatasync, openSync } from "node:fs";
import type { SqliteSettings } from "./sqlite-options.js";

type Callback = (error: Error | null) => void;

/** What the write queue asks of it. */
export type Sync = Pick<WalSync, "afterSync" | "close">;

/**
 * Brings what was committed to the disk, off the event loop: SQLite would do it (`synchronous = FULL`)
 * within the commit and hold everything else up meanwhile. One sync serves all commits before it; those
 * during it wait for the next. SQLite holds no lock on the -wal file, so opening and closing it is safe.
 */
export class WalSync {
  readonly #fd: number | undefined;
  #waiting: Callback[] = [];
  #running = false;

  constructor({ path, synchronous }: SqliteSettings) {
    // Windows flushes only what may be written.
    this.#fd = synchronous === "full" ? openSync(`${path}-wal`, "r+") : undefined;
  }

  /** Calls back once all that was committed before the call outlives a loss of power, as far as asked for. */
  afterSync(callback: Callback): void {
    if (this.#fd === undefined) {
      callback(null);
      return;
    }
    this.#waiting.push(callback);
    if (!this.#running) this.#sync(this.#fd);
  }

  /** Nothing may be waiting. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  #sync(fd: number): void {
    this.#running = true;
    const callbacks = this.#waiting;
    this.#waiting = [];
    fdatasync(fd, (error) => {
      this.#running = false;
      if (this.#waiting.length > 0) this.#sync(fd);
      for (const callback of callbacks) callback(error);
    });
  }
}
