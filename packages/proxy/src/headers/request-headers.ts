import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { forwardingHeaders } from "./forwarding.js";
import { headerFacts } from "./header-facts.js";
import { connectionNames } from "./hop-by-hop.js";

/** What decides about the headers that the chat app gets. */
export interface RequestHeaderFacts {
  /** Whether the peer is a proxy whose word counts. */
  readonly trusted: boolean;
  readonly stripIdentity: boolean;
  /** The chat app's own: `localhost:3000` (B106). */
  readonly host: string;
  /** This proxy's name in `Via`. */
  readonly via: string;
  readonly requestId: string | undefined;
  /** Takes the place of the caller's; undefined leaves that as it is. */
  readonly traceparent: string | undefined;
}

/** Names that are left out or made here, beside hop-by-hop and forwarding ones. */
const REMADE = new Set(["host", "expect", "content-length", "via", "x-request-id"]);

/**
 * The headers that the chat app gets: the client's with their casing, order and doubles, without what was meant
 * for this connection or only a trusted proxy may say (B106, B107, B122, B123).
 *
 * @returns names and values in turn.
 */
export function requestHeaders(request: IncomingMessage, facts: RequestHeaderFacts): string[] {
  const raw = request.rawHeaders;
  const named = connectionNames(request.headers.connection);
  const headers = ["Host", facts.host];
  const incoming = new Map<string, string>();
  let via: string | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!;
    const value = raw[at + 1]!;
    const known = headerFacts(name);
    const lower = known.name;
    if (lower === "via") via = via === undefined ? value : `${via}, ${value}`;
    if (known.isHopByHop || REMADE.has(lower) || named?.has(lower) === true) continue;
    if (known.isForwarding) {
      if (!facts.trusted) continue;
      if (known.isRewritten) {
        const before = incoming.get(lower);
        incoming.set(lower, before === undefined ? value : `${before}, ${value}`);
        continue;
      }
    }
    if (facts.stripIdentity && !facts.trusted && known.isIdentity) continue;
    if (facts.traceparent !== undefined && lower === "traceparent") continue;
    headers.push(name, value);
  }
  headers.push(...hopHeaders(request, facts.trusted, incoming));
  headers.push("Via", via === undefined ? facts.via : `${via}, ${facts.via}`);
  if (facts.requestId !== undefined) headers.push("X-Request-Id", facts.requestId);
  if (facts.traceparent !== undefined) headers.push("traceparent", facts.traceparent);
  return headers;
}

/** What was last written for a connection: all its requests come the same way. */
const written = new WeakMap<Socket, { host: string | undefined; headers: readonly string[] }>();

function hopHeaders(
  request: IncomingMessage,
  trusted: boolean,
  incoming: ReadonlyMap<string, string>,
): readonly string[] {
  const { socket } = request;
  const { host } = request.headers;
  const before = trusted ? undefined : written.get(socket);
  if (before !== undefined && before.host === host) return before.headers;
  const encrypted = (socket as Partial<TLSSocket>).encrypted === true;
  const headers = forwardingHeaders({
    peer: socket.remoteAddress,
    trusted,
    host,
    encrypted,
    incoming,
  });
  if (!trusted) written.set(socket, { host, headers });
  return headers;
}
