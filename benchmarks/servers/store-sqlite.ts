import { createSqliteStore } from "@wheelhouse/store/sqlite";
import { logWorks, serveStore } from "./serve-store.js";
import { storeFile } from "./store-file.js";

/** The SQLite store with every default: group commit, and each event on the disk before it is confirmed. */
const grouped = logWorks(createSqliteStore({ path: storeFile() }).log);
/** The same, and every turn of the event loop is a commit: what one append costs when it waits for nothing. */
const { singles } = logWorks(createSqliteStore({ path: storeFile(), groupCommitMs: 0 }).log);

serveStore({ ...grouped, singles: singles! });
