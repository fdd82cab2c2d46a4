import type { Logger } from "@wheelhouse/core";
import type { SpanRecord } from "../span/span-record.js";

/** Where ended spans go: a store, an exporter, metrics. */
export interface SpanSink {
  /** For the log: `mlflow`, `otlp`, `local`. */
  readonly name: string;
  /** Called once, before anything is written. */
  start?(context: { readonly logger: Logger }): void;
  /** Takes spans and returns at once; what cannot be kept is dropped and counted by the sink. */
  write(records: readonly SpanRecord[]): void;
  /** Resolves when what was written before has gone out or was given up. Never rejects. */
  flush(): Promise<void>;
  /** Flushes and lets go of what the sink holds. Never rejects; calling twice does nothing. */
  close(): Promise<void>;
}
