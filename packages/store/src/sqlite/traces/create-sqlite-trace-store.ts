import { errorText } from "@wheelhouse/core";
import { StoreClosedError } from "../../errors.js";
import type { TraceStore } from "../../ports/traces.js";
import { Database } from "../database.js";
import { migrate } from "../migrate.js";
import { preparePrivateFile } from "../private-files.js";
import { parseCursor, toLine, traceKey } from "./span-lines.js";
import { TRACE_MIGRATIONS } from "./trace-migrations.js";
import { type SqliteTraceStoreOptions, traceSettings } from "./trace-options.js";
import { TraceWorker } from "./trace-worker.js";

/** "Whlt": tells a file of traces from a store, and from any other SQLite file. */
const APPLICATION_ID = 0x57686c74;

/**
 * Traces in one SQLite file, which several processes of a machine may share. A thread of its own has the
 * file, started with the first span, so that the disk holds up no request. What was committed outlives the
 * process; the last spans may be lost with the machine's power, and the file stays whole. Throws as
 * `createSqliteStore`.
 */
export function createSqliteTraceStore(options: SqliteTraceStoreOptions): TraceStore {
  const settings = traceSettings(options);
  preparePrivateFile(settings.path);
  const database = new Database(settings.path, settings.busyTimeoutMs);
  try {
    migrate(database, TRACE_MIGRATIONS, APPLICATION_ID);
  } finally {
    database.close();
  }
  const { logger, ...data } = settings;
  const worker = new TraceWorker(data, (error) => {
    logger.warn({ err: error }, `Traces were not swept: ${errorText(error)}`);
  });
  let closing: Promise<void> | undefined;
  const checkOpen = (): void => {
    if (closing !== undefined) throw new StoreClosedError();
  };

  return {
    async append(spans) {
      checkOpen();
      if (spans.length === 0) return;
      const keys = [...new Set(spans.map(({ traceId }) => traceKey(traceId)))];
      await worker.ask<null>({
        type: "append",
        endedAt: spans.reduce((latest, span) => Math.max(latest, span.endedAt), 0),
        // In their order they meet the same pages of the index.
        keys: JSON.stringify(keys.toSorted((a, b) => a - b)),
        lines: spans.map(toLine).join("\n"),
      });
    },
    async get(traceId) {
      checkOpen();
      if (!/^[0-9a-f]{32}$/.test(traceId)) return [];
      return worker.ask<string[]>({ type: "get", key: traceKey(traceId), traceId });
    },
    async list({ limit, cursor, contains = [] }) {
      checkOpen();
      if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
        throw new RangeError(`limit must be a whole number from 1 to 1,000, not ${String(limit)}.`);
      }
      return worker.ask({ type: "list", limit, contains, ...parseCursor(cursor) });
    },
    close: () => (closing ??= worker.close()),
  };
}
