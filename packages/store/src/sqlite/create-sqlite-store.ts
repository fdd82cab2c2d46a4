import type { Store } from "../ports/store.js";
import { CancelListeners } from "./cancel-listeners.js";
import { ChangeWatch } from "./change-watch.js";
import { Database } from "./database.js";
import { JobTable } from "./job-table.js";
import { LogReaders } from "./log-readers.js";
import { LogTable } from "./log-table.js";
import { migrate } from "./migrate.js";
import { MIGRATIONS } from "./migrations.js";
import { preparePrivateFile } from "./private-files.js";
import { Retention } from "./retention.js";
import { SegmentTable } from "./segment-table.js";
import { SqliteLog } from "./sqlite-log.js";
import { sqliteSettings, type SqliteSettings, type SqliteStoreOptions } from "./sqlite-options.js";
import { SqliteQueue } from "./sqlite-queue.js";
import { SqliteRecords } from "./sqlite-records.js";
import { SqliteSignals } from "./sqlite-signals.js";
import { WalSync, type Sync } from "./wal-sync.js";
import { WriteQueue } from "./write-queue.js";

/**
 * A store in one SQLite file that several processes of a machine may share; not one on a network drive.
 * Writes answer with a promise once they are durable (`synchronous`); reads answer at once. Throws
 * `StoreUnavailableError`, which names the file and what to do, for a folder that is not this user's alone
 * (B216), a file that is damaged, locked, of another program or of a newer version; `TypeError` or
 * `RangeError` for an option.
 */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  const settings = sqliteSettings(options);
  preparePrivateFile(settings.path);
  const database = new Database(settings.path, settings.busyTimeoutMs);
  try {
    migrate(database, MIGRATIONS);
    database.stopBlocking();
    return storeOver(database, settings);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The store over a file that is open and of the newest version. */
export function storeOver(
  database: Database,
  settings: SqliteSettings,
  sync: Sync = new WalSync(settings),
): Store {
  const writes = new WriteQueue(database, sync, settings);
  const watch = new ChangeWatch(database, settings);
  const logs = new LogTable(database);
  const segments = new SegmentTable(database, settings);
  const readers = new LogReaders(logs, segments, watch);
  const cancels = new CancelListeners(logs, watch, settings.logger);
  const log = new SqliteLog({ settings, queue: writes, logs, segments, readers, cancels });
  const records = new SqliteRecords(database, writes, settings);
  const jobs = new JobTable(database, settings.maxAttempts);
  const queue = new SqliteQueue(jobs, writes, settings);
  const signals = new SqliteSignals(database, writes, watch, settings);
  const retention = new Retention(database, logs, writes, settings);
  let closing: Promise<void> | undefined;

  async function end(): Promise<void> {
    retention.stop();
    const written = writes.close();
    for (const part of [log, records, queue, signals, watch]) part.end();
    await written;
    sync.close();
    database.close();
  }

  return {
    log,
    records,
    queue,
    signals,
    close: () => (closing ??= end()),
  };
}
