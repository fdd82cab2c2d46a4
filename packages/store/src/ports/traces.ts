/** A span that has ended, as a trace store keeps it. */
export interface StoredSpan {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** Whether it is its trace's root: these are what {@link TraceStore.list} gives. */
  readonly isRoot: boolean;
  /** Unix milliseconds: decides how long it is kept. */
  readonly endedAt: number;
  /** The span as JSON text, in one line. */
  readonly data: string;
}

/** Which root spans are listed. */
export interface ListSpansOptions {
  /** At most so many. 1 to 1,000. */
  readonly limit: number;
  /** Goes on where the page before ended: its `next`. */
  readonly cursor?: string | undefined;
  /** Texts that must all be in a span's JSON text: a first sieve, for the caller to look closer. */
  readonly contains?: readonly string[] | undefined;
}

/** A page of root spans. */
export interface SpanPage {
  /** JSON texts, the last written first. */
  readonly spans: readonly string[];
  /** Where the next page begins; undefined at the end. */
  readonly next: string | undefined;
}

/**
 * Where spans are kept, a bounded time and a bounded amount. Not among the ports of a server's store:
 * traces come in far greater number than responses, and losing some costs nobody an answer.
 */
export interface TraceStore {
  /**
   * Writes a batch, all or none; what is asked for afterwards sees it. Rejects with
   * `StoreUnavailableError` for a file that is locked, full or broken.
   */
  append(spans: readonly StoredSpan[]): Promise<void>;
  /** The JSON texts of a trace's spans in the order they were written; empty for one that is not there. */
  get(traceId: string): Promise<string[]>;
  /** Rejects with `RangeError` for a limit outside 1 to 1,000 or a cursor that is none. */
  list(options: ListSpansOptions): Promise<SpanPage>;
  /** Writes what was appended and lets go of the file. Closing twice does nothing. */
  close(): Promise<void>;
}
