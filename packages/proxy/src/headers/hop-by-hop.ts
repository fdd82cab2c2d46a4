/**
 * Fields that are for one connection (RFC 9110 section 7.6.1), and those of RFC 2616 that old programs still
 * take for such. `Proxy-*` are told by their beginning.
 */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** @param name in lower case. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name) || name.startsWith("proxy-");
}

/** Names that a message's Connection fields list, in lower case; undefined when they list none of interest. */
export function connectionNames(values: string | undefined): ReadonlySet<string> | undefined {
  if (values === undefined || values === "keep-alive" || values === "close") return undefined;
  const names = values.split(",").map((name) => name.trim().toLowerCase());
  return new Set(names);
}
