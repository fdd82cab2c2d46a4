/** What a page of an allowed origin may read: whom to ask for help, and whether and when to come again. */
const EXPOSED = "x-request-id, retry-after, retry-after-ms, x-should-retry, idempotent-replayed";

/**
 * CORS headers for a request whose Origin is listed in `allowedOrigins`; undefined for every other one, so
 * that a page of a foreign origin reads nothing (B213). Origins are listed one by one, never by wildcard,
 * which is why credentials may come along.
 */
export function crossOriginHeaders(
  origin: string | undefined,
  allowedOrigins: ReadonlySet<string>,
): Readonly<Record<string, string>> | undefined {
  if (origin === undefined || !allowedOrigins.has(origin.toLowerCase())) return undefined;
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": EXPOSED,
    vary: "origin",
  };
}

const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;

/** The further headers that answer a preflight (Fetch standard, CORS-preflight fetch). */
export function preflightHeaders(
  allow: readonly string[],
  requestedHeaders: string | undefined,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    "access-control-allow-methods": allow.join(", "),
    "access-control-max-age": "600",
  };
  if (requestedHeaders !== undefined && HEADER_NAMES.test(requestedHeaders)) {
    headers["access-control-allow-headers"] = requestedHeaders;
  }
  return headers;
}
