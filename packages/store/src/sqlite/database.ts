import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { fileFault } from "./file-fault.js";
import { loadSqlite } from "./load-sqlite.js";

type Params = readonly SQLInputValue[];
type Found<Row> = Row | undefined;

/** How long a call blocks the event loop for another process's lock, in milliseconds; the write queue waits on without blocking. */
const BLOCK_MS = 25;

/** Pages of the log that SQLite writes ahead before they go to the file itself. */
const CHECKPOINT_PAGES = 1_000;

/** Bytes that the -wal file keeps once it has been larger. */
const WAL_BYTES = 67_108_864;

/**
 * One connection. Every failure of SQLite is a `StoreUnavailableError` that names the file. Parameters are
 * written `?`: the first releases of `node:sqlite` bind no numbered ones by position.
 */
export class Database {
  readonly path: string;
  readonly #connection: DatabaseSync;
  /** By their text; there are as many as the driver's files write, so it has a bound. */
  readonly #statements = new Map<string, StatementSync>();
  #closed = false;

  /** Waits up to `startMs` for a file that another process has locked. */
  constructor(path: string, startMs: number) {
    this.path = path;
    const { DatabaseSync: Connection } = loadSqlite();
    this.#connection = this.#try(() => new Connection(path));
    try {
      this.exec(`PRAGMA busy_timeout = ${Math.min(Math.ceil(startMs), 60_000)}`);
      this.exec("PRAGMA auto_vacuum = INCREMENTAL");
      this.exec("PRAGMA journal_mode = WAL");
      // The -wal file is synced by ourselves, off the event loop: see WalSync.
      this.exec("PRAGMA synchronous = NORMAL");
      this.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      this.exec(`PRAGMA journal_size_limit = ${WAL_BYTES}`);
      this.exec(
        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF",
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** From now on a call gives up on a lock soon. */
  stopBlocking(): void {
    this.exec(`PRAGMA busy_timeout = ${BLOCK_MS}`);
  }

  exec(sql: string): void {
    this.#try(() => this.#connection.exec(sql));
  }

  get<Row = Record<string, unknown>>(sql: string, ...params: Params): Found<Row> {
    return this.#try(() => this.#statement(sql).get(...params)) as Found<Row>;
  }

  all<Row = Record<string, unknown>>(sql: string, ...params: Params): Row[] {
    return this.#try(() => this.#statement(sql).all(...params)) as Row[];
  }

  /** Gives the number of rows changed. */
  run(sql: string, ...params: Params): number {
    return Number(this.#try(() => this.#statement(sql).run(...params)).changes);
  }

  /** All or nothing; the lock is taken at the beginning, so that what is read holds for what is written. */
  transaction<Value>(body: () => Value): Value {
    this.run("BEGIN IMMEDIATE");
    try {
      const value = body();
      this.run("COMMIT");
      return value;
    } catch (error) {
      this.#undo("ROLLBACK");
      throw error;
    }
  }

  /** Part of a transaction that is undone by itself when it throws. */
  part<Value>(body: () => Value): Value {
    this.run("SAVEPOINT part");
    try {
      const value = body();
      this.run("RELEASE part");
      return value;
    } catch (error) {
      this.#undo("ROLLBACK TO part");
      this.#undo("RELEASE part");
      throw error;
    }
  }

  /** Closing twice does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#try(() => this.#connection.close());
  }

  #undo(sql: string): void {
    try {
      this.run(sql);
    } catch {
      // Some faults, such as a full disk, have undone the whole transaction already.
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #try<Value>(call: () => Value): Value {
    try {
      return call();
    } catch (error) {
      throw fileFault(error, this.path);
    }
  }
}
