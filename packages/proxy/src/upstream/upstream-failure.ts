/** Why the chat app gave no answer, as the proxy tells its client. */
export interface UpstreamFailure {
  readonly status: 502 | 503 | 504;
  /** Short, and without a word of what the app or the system said (B116). */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nobody listens: it starts, restarts or is down (B114). */
export const UNAVAILABLE: UpstreamFailure = {
  status: 503,
  text: "Service unavailable",
  headers: { "retry-after": "1" },
};

/** It took too long (B117). */
export const TIMED_OUT: UpstreamFailure = {
  status: 504,
  text: "Gateway timeout: the chat app did not answer in time",
};

const BROKEN: UpstreamFailure = {
  status: 502,
  text: "Proxy error: the chat app gave no valid answer",
};

const NOBODY_THERE = new Set(["ECONNREFUSED", "EADDRNOTAVAIL", "EAFNOSUPPORT", "ENETUNREACH"]);

/** What an error of the connection to the chat app comes to (B114, B115, B117). */
export function upstreamFailure(error: unknown): UpstreamFailure {
  const code = errorCode(error);
  if (code !== undefined && NOBODY_THERE.has(code)) return UNAVAILABLE;
  if (code === "CONNECT_TIMEOUT") return TIMED_OUT;
  return BROKEN;
}

/** Whether the connection went away, as one does that was closed while it was idle. */
export function isConnectionLoss(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET";
}

/** The system's or undici's code of an error. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
