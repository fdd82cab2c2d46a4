import { headerFacts } from "./header-facts.js";
import { connectionNames } from "./hop-by-hop.js";

/** What decides about the headers that the client gets. */
export interface ResponseHeaderFacts {
  readonly status: number;
  /** Origins by which the chat app may call itself: clients cannot use them. */
  readonly ownOrigins: readonly string[];
  /** For answers that bring no id of their own. */
  readonly requestId: string | undefined;
}

/** The headers of an answer, and what of them the proxy goes by. */
export interface ResponseHead {
  /** Names and values in turn. */
  readonly headers: string[];
  readonly isEventStream: boolean;
  /** Bytes of the body; undefined where the head does not say. */
  readonly length: number | undefined;
}

/**
 * The headers that the client gets: the chat app's with their casing, order and doubles (each Set-Cookie stays
 * one, B108), without what was meant for the connection between app and proxy (B107).
 *
 * @param raw names and values in turn, as they came.
 * @throws Error for an answer whose length is told in two ways, RFC 9112 section 6.3.
 */
export function responseHeaders(raw: readonly string[], facts: ResponseHeaderFacts): ResponseHead {
  const headers: string[] = [];
  let connection: string | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!;
    if (name.length === 10 && name.toLowerCase() === "connection") {
      connection = connection === undefined ? raw[at + 1]! : `${connection},${raw[at + 1]!}`;
    }
  }
  const named = connectionNames(connection?.toLowerCase());
  let length: number | undefined;
  let [isEventStream, hasCoding, hasDate, hasId] = [false, false, false, false];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!;
    let value = raw[at + 1]!;
    const { name: lower, isHopByHop } = headerFacts(name);
    if (lower === "transfer-encoding") hasCoding = true;
    if (isHopByHop || named?.has(lower) === true) continue;
    if (lower === "content-length") {
      // RFC 9110 section 8.6: not in a 204.
      if (length !== undefined || facts.status === 204) continue;
      length = Number(value);
    } else if (lower === "date") {
      if (hasDate) continue;
      hasDate = true;
    } else if (lower === "x-request-id") hasId = true;
    else if (lower === "content-type") isEventStream = /^\s*text\/event-stream/i.test(value);
    else if (lower === "location" || lower === "content-location") {
      value = withoutOrigin(value, facts.ownOrigins);
    }
    headers.push(name, value);
  }
  if (length !== undefined && hasCoding) throw new Error("Two lengths in one answer.");
  if (!hasId && facts.requestId !== undefined) headers.push("X-Request-Id", facts.requestId);
  return { headers, isEventStream, length };
}

/** A redirect to the chat app's own address, as one to this server; any other is the client's to follow (B119). */
function withoutOrigin(location: string, ownOrigins: readonly string[]): string {
  const lower = location.slice(0, 64).toLowerCase();
  for (const origin of ownOrigins) {
    if (!lower.startsWith(origin)) continue;
    const rest = location.slice(origin.length);
    if (rest === "") return "/";
    // `//x` would be another host.
    if (/^[/?#]/.test(rest) && !/^\/[/\\]/.test(rest))
      return rest.startsWith("/") ? rest : `/${rest}`;
  }
  return location;
}
