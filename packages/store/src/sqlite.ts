// This file is the whole public surface of @wheelhouse/store/sqlite.
export { createSqliteStore } from "./sqlite/create-sqlite-store.js";
export type { SqliteStoreOptions } from "./sqlite/sqlite-options.js";
export { createSqliteTraceStore } from "./sqlite/traces/create-sqlite-trace-store.js";
export type { SqliteTraceStoreOptions } from "./sqlite/traces/trace-options.js";
