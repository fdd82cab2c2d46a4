/** The `fetch` that a client uses: the global one, or yours, to add cookies or a proxy. */
export type Fetch = (url: string, init: RequestInit) => Promise<globalThis.Response>;

/** Headers for every request; a function is asked again for every attempt, so that a token can be renewed. */
export type HeadersOption =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/** How a stored stream that broke is taken up again. */
export interface ResumeOptions {
  /** Attempts in a row that bring no new event. Default 8, about 30 seconds. */
  maxAttempts?: number | undefined;
  /**
   * Milliseconds that a foreground run waits for its client to come back (`disconnect.graceMs` of the
   * request). Default 30,000. Such a run goes on that long when you leave it, too: cancel it, or give
   * the request `disconnect: "cancel"`.
   */
  graceMs?: number | undefined;
}

/** Options of `createClient`. Wrong ones throw a TypeError that names them. */
export interface ClientOptions {
  /** The server, with or without `/v1`: `http://127.0.0.1:8000`. In a page it may be a path of the page's origin. */
  baseUrl: string | URL;
  /** Sent as `Authorization: Bearer …`. */
  apiKey?: string | undefined;
  headers?: HeadersOption | undefined;
  fetch?: Fetch | undefined;
  /** Further attempts of a call that may be repeated. Default 2. */
  maxRetries?: number | undefined;
  /** Milliseconds before the first further attempt; doubles, with jitter. Default 500. */
  retryDelayMs?: number | undefined;
  /** The most that it doubles to. Default 8,000. */
  maxRetryDelayMs?: number | undefined;
  /** The longest `retry-after` that is waited for; a longer one is an error at once. Default 60,000. */
  maxRetryAfterMs?: number | undefined;
  /** Milliseconds for a call with all its attempts; for a stream, until it begins. Default 600,000. */
  timeoutMs?: number | undefined;
  /** Silence, in milliseconds, after which a stream counts as broken. Servers ping every 15 s. Default 60,000. */
  idleMs?: number | undefined;
  /** `false`: a broken stream is an error, and `disconnect` is not sent. */
  resume?: false | ResumeOptions | undefined;
  /** Characters of one JSON answer. Default 64 Mi. */
  maxBodyLength?: number | undefined;
}

/** Options of every call. */
export interface RequestOptions {
  /** Ends the call; it then throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Added to the client's own. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Instead of the client's. */
  maxRetries?: number | undefined;
  /** Instead of the client's. */
  timeoutMs?: number | undefined;
}

/** {@link ClientOptions}, resolved. */
export interface Settings {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly headers: HeadersOption;
  readonly fetch: Fetch;
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  readonly maxRetryDelayMs: number;
  readonly maxRetryAfterMs: number;
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly resume: false | { readonly maxAttempts: number; readonly graceMs: number };
  readonly maxBodyLength: number;
}
