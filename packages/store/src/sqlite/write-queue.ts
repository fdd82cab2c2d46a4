import { isStoreUnavailableError, StoreClosedError, StoreUnavailableError } from "../errors.js";
import type { Database } from "./database.js";
import type { SqliteSettings } from "./sqlite-options.js";
import type { Sync } from "./wal-sync.js";
import { promisedTask, type WriteTask } from "./write-task.js";

/** Characters that wait at most while the file is locked; more are refused. */
const MAX_WAITING = 67_108_864;

/** Characters that are committed without waiting for the rest of the group. */
const FULL_GROUP = 1_048_576;

/**
 * The part of a group's time that lies between two commits at least, while events of live logs wait for
 * theirs. Under load some run always begins or ends, which is written at once: 200 streams a second made
 * every group many small ones, each with a sync of its own. Together they cost a quarter less CPU an event.
 * Where nothing else waits a write is committed at once, as ever.
 */
const BETWEEN = 1 / 2;

/** Milliseconds between two tries for a locked file. */
const RETRY_MS = 10;

/**
 * All writes of the store, in the order they came, as few transactions as can be: each takes everything that
 * waits. A fault of the file undoes the transaction; its writes are then tried one by one, so that one
 * damaged row fails one write.
 */
export class WriteQueue {
  readonly #database: Database;
  readonly #sync: Sync;
  readonly #settings: SqliteSettings;
  #tasks: WriteTask[] = [];
  #characters = 0;
  /** So many of the first are tried alone. */
  #alone = 0;
  /** Tasks that were neither done nor failed. */
  #unsettled = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the timer is for a write that does not wait for the rest of its group. */
  #isUrgent = false;
  /** `performance.now()` of the last commit. */
  #flushedAt = -Infinity;
  #lockedSince: number | undefined;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor(database: Database, sync: Sync, settings: SqliteSettings) {
    this.#database = database;
    this.#sync = sync;
    this.#settings = settings;
  }

  /** Writes with everything else of this turn of the event loop, or soon where live logs gather events. */
  write<Value>(run: () => Value, isDurable = true, characters = 0): Promise<Value> {
    const { task, promise } = promisedTask(run, isDurable, characters);
    this.push(task, 0);
    return promise;
  }

  /** Writes within `delayMs`; 0 for as soon as {@link write}. */
  push(task: WriteTask, delayMs: number): void {
    if (this.#closed !== undefined) {
      task.failed(new StoreClosedError());
      return;
    }
    this.#tasks.push(task);
    this.#unsettled++;
    this.grow(task.characters);
    if (this.#lockedSince !== undefined) return;
    if (delayMs <= 0) this.#soon();
    else this.#timer ??= setTimeout(this.#flush, delayMs);
  }

  /** Tells of characters that joined a task which waits. */
  grow(characters: number): void {
    this.#characters += characters;
    if (this.#characters > FULL_GROUP && this.#lockedSince === undefined) {
      this.#immediate ??= setImmediate(this.#flush);
    }
  }

  /** Throws `StoreUnavailableError` while more waits than the bound. */
  checkRoom(): void {
    if (this.#characters <= MAX_WAITING) return;
    const { path } = this.#database;
    throw new StoreUnavailableError(
      "overloaded",
      `Too much waits to be written to the store's file "${path}": its disk is too slow, or another program has locked it.`,
    );
  }

  /** Resolves when nothing waits any more; from the call on nothing is taken. Calling twice gives the same. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = Promise.withResolvers();
      if (this.#lockedSince === undefined) this.#flush();
      this.#endIfIdle();
    }
    return this.#closed.promise;
  }

  #soon(): void {
    if (this.#immediate !== undefined || this.#isUrgent) return;
    const wait = this.#waitMs();
    if (wait <= 0) {
      this.#immediate = setImmediate(this.#flush);
      return;
    }
    this.#isUrgent = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#flush, wait);
  }

  /** How long an urgent write waits: only where a group waits anyway. */
  #waitMs(): number {
    if (this.#timer === undefined) return 0;
    return this.#flushedAt + this.#settings.groupCommitMs * BETWEEN - performance.now();
  }

  readonly #flush = (): void => {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timer = undefined;
    this.#isUrgent = false;
    this.#flushedAt = performance.now();
    while (this.#tasks.length > 0) {
      const batch = this.#alone > 0 ? this.#tasks.slice(0, 1) : [...this.#tasks];
      try {
        const refused = this.#commit(batch);
        this.#take(batch.length);
        this.#settle(batch, refused);
      } catch (error) {
        const isLocked = isStoreUnavailableError(error) && error.fault === "locked";
        if (isLocked && this.#waitForLock()) return;
        if (!isLocked && batch.length > 1) {
          this.#alone = batch.length;
          continue;
        }
        this.#take(batch.length);
        this.#fail(batch, error);
      }
    }
  };

  /** Commits the batch; gives what was refused, each by what its task threw. */
  #commit(batch: readonly WriteTask[]): Map<WriteTask, unknown> {
    const refused = new Map<WriteTask, unknown>();
    this.#database.transaction(() => {
      for (const task of batch) {
        try {
          if (task.needsUndo) this.#database.part(() => task.run());
          else task.run();
        } catch (error) {
          if (isStoreUnavailableError(error)) throw error;
          refused.set(task, error);
        }
      }
    });
    return refused;
  }

  #take(count: number): void {
    this.#lockedSince = undefined;
    this.#alone = Math.max(0, this.#alone - count);
    for (const task of this.#tasks.splice(0, count)) this.#characters -= task.characters;
  }

  #settle(batch: readonly WriteTask[], refused: ReadonlyMap<WriteTask, unknown>): void {
    const durable: WriteTask[] = [];
    for (const task of batch) {
      if (refused.has(task)) {
        this.#fail([task], refused.get(task));
        continue;
      }
      task.committed?.();
      if (task.isDurable) durable.push(task);
      else this.#done(task);
    }
    if (durable.length === 0) return;
    this.#sync.afterSync((error) => {
      if (error !== null) {
        const { path } = this.#database;
        const fault = new StoreUnavailableError(
          "io",
          `The store's file "${path}" could not be brought to its disk: ${error.message}. Check the disk.`,
          { cause: error },
        );
        this.#fail(durable, fault);
        return;
      }
      for (const task of durable) this.#done(task);
    });
  }

  #done(task: WriteTask): void {
    this.#unsettled--;
    task.done();
    this.#endIfIdle();
  }

  #fail(tasks: readonly WriteTask[], error: unknown): void {
    for (const task of tasks) {
      this.#unsettled--;
      task.failed(error);
    }
    this.#endIfIdle();
  }

  /** False when the file has been locked for too long. */
  #waitForLock(): boolean {
    this.#lockedSince ??= performance.now();
    if (performance.now() - this.#lockedSince > this.#settings.busyTimeoutMs) return false;
    this.#timer = setTimeout(this.#flush, RETRY_MS);
    return true;
  }

  #endIfIdle(): void {
    if (this.#unsettled === 0) this.#closed?.resolve();
  }
}
