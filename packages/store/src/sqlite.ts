// This file is the whole public surface of @wheelhouse/store/sqlite.
export { createSqliteStore } from "./sqlite/create-sqlite-store.js";
export type { SqliteStoreOptions } from "./sqlite/sqlite-options.js";
