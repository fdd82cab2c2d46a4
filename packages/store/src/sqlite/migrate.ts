import { StoreUnavailableError } from "../errors.js";
import type { Database } from "./database.js";

/** "Whls": tells a store from any other SQLite file. */
const APPLICATION_ID = 0x57686c73;

/**
 * Brings the file to the newest version, one migration a transaction, so that of several processes that
 * start together each migration is done by one. Throws `StoreUnavailableError` for a file of a newer
 * version, or of another program.
 */
export function migrate(
  database: Database,
  migrations: readonly string[],
  applicationId: number = APPLICATION_ID,
): void {
  while (versionOf(database, migrations.length, applicationId) < migrations.length) {
    database.transaction(() => {
      const version = versionOf(database, migrations.length, applicationId);
      const migration = migrations[version];
      if (migration === undefined) return;
      database.exec(migration);
      database.exec(
        `PRAGMA user_version = ${version + 1}; PRAGMA application_id = ${applicationId}`,
      );
    });
  }
}

function versionOf(database: Database, known: number, applicationId: number): number {
  const pragma = (name: string): number =>
    Object.values(database.get(`PRAGMA ${name}`) ?? {})[0] as number;
  const version = pragma("user_version");
  const isEmpty = database.get("SELECT 1 FROM sqlite_schema LIMIT 1") === undefined;
  if (!isEmpty && pragma("application_id") !== applicationId) {
    throw new StoreUnavailableError(
      "not_a_store",
      `The file "${database.path}" belongs to another program: choose another path, or move the file away.`,
    );
  }
  if (version > known) {
    throw new StoreUnavailableError(
      "newer_version",
      `The store's file "${database.path}" has version ${version}, this program knows up to ${known}: update @wheelhouse/store, or choose another path.`,
    );
  }
  return version;
}
