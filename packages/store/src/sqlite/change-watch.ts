import { errorText } from "@wheelhouse/core";
import type { Database } from "./database.js";
import type { SqliteSettings } from "./sqlite-options.js";

/** Somebody who wants to know of other processes' writes. */
export interface ChangeWatcher {
  /** Whether it waits for something now, and whether the process must stay alive for it. */
  readonly interest: "none" | "idle" | "alive";
  /** Another process may have written. */
  changed(): void;
}

/** Looks whether another process wrote to the file, only while somebody waits for it. */
export class ChangeWatch {
  readonly #database: Database;
  readonly #settings: SqliteSettings;
  readonly #watchers: ChangeWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  #seen: unknown;

  constructor(database: Database, settings: SqliteSettings) {
    this.#database = database;
    this.#settings = settings;
  }

  add(watcher: ChangeWatcher): void {
    this.#watchers.push(watcher);
  }

  /** To be called when the interest of a watcher has changed. */
  update(): void {
    const interests = this.#watchers.map((watcher) => watcher.interest);
    if (interests.every((interest) => interest === "none")) {
      this.#stop();
      return;
    }
    if (this.#timer === undefined) {
      // What was written before the first look may not have been seen by the one who waits.
      this.#seen = undefined;
      this.#timer = setInterval(this.#look, this.#settings.pollMs);
    }
    if (interests.includes("alive")) this.#timer.ref();
    else this.#timer.unref();
  }

  /** Part of closing the store. */
  end(): void {
    this.#watchers.length = 0;
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    try {
      const version = this.#database.get("PRAGMA data_version")?.["data_version"];
      if (version === this.#seen) return;
      this.#seen = version;
      for (const watcher of this.#watchers) watcher.changed();
    } catch (error) {
      // The next look tries again.
      this.#seen = undefined;
      this.#settings.logger.error({ err: error }, `The store was not read: ${errorText(error)}`);
    }
  };
}
