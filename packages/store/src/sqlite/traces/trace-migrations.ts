/** As the store's own migrations, for the file of traces. What was released is never changed. */
export const TRACE_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ended_at REAL NOT NULL,
    keys TEXT NOT NULL,
    lines BLOB NOT NULL
  ) STRICT;
  CREATE INDEX batches_by_end ON batches (ended_at);
  CREATE TABLE trace_batches (
    key INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    PRIMARY KEY (key, batch)
  ) STRICT, WITHOUT ROWID;
  `,
];
