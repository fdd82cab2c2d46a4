/** Each brings a file from the version of its index to the next. What was released is never changed. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE logs (
    num INTEGER PRIMARY KEY AUTOINCREMENT,
    log_id TEXT NOT NULL UNIQUE,
    owner TEXT,
    epoch INTEGER NOT NULL,
    next_seq INTEGER NOT NULL,
    lost_through INTEGER NOT NULL,
    held INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    closed_at REAL,
    renewed_at REAL NOT NULL
  ) STRICT;
  CREATE INDEX logs_closed ON logs (closed_at) WHERE closed_at IS NOT NULL;
  CREATE INDEX logs_open ON logs (num) WHERE closed_at IS NULL;
  CREATE INDEX logs_cancelled ON logs (num) WHERE cancelled = 1 AND closed_at IS NULL;

  CREATE TABLE segments (
    id INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    seqs TEXT,
    events TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX segments_by_seq ON segments (log, last_seq);
  CREATE TABLE removed_logs (num INTEGER PRIMARY KEY) STRICT;

  CREATE TABLE records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    owner TEXT,
    version INTEGER NOT NULL,
    value TEXT NOT NULL,
    expires_at REAL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    UNIQUE (collection, key)
  ) STRICT;
  CREATE INDEX records_by_creation ON records (collection, id);
  CREATE INDEX records_by_owner ON records (collection, owner, id);
  CREATE INDEX records_by_end ON records (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE record_index (
    record INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    index_key TEXT NOT NULL,
    collection TEXT NOT NULL,
    value TEXT,
    owner TEXT,
    PRIMARY KEY (record, index_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX record_index_by_value ON record_index (collection, index_key, value, record);
  CREATE INDEX record_index_by_owner ON record_index (collection, index_key, value, owner, record);

  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    job_id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    priority REAL NOT NULL,
    payload TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    leased_until REAL,
    UNIQUE (queue, job_id)
  ) STRICT;
  CREATE INDEX jobs_waiting ON jobs (queue, priority, tenant, id) WHERE leased_until IS NULL;
  CREATE INDEX jobs_leased ON jobs (queue, leased_until) WHERE leased_until IS NOT NULL;
  CREATE TABLE job_lines (
    queue TEXT NOT NULL,
    priority REAL NOT NULL,
    tenant TEXT NOT NULL,
    turn INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (queue, priority, tenant)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX job_lines_by_turn ON job_lines (queue, priority DESC, turn);

  CREATE TABLE signals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    payload TEXT,
    sender TEXT NOT NULL,
    sent_at REAL NOT NULL
  ) STRICT;
  `,
];
