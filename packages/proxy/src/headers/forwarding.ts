import { isIP } from "node:net";

/** What is known of a request's way here. */
export interface HopFacts {
  /** The peer's address as the socket has it. */
  readonly peer: string | undefined;
  /** Whether that peer's forwarding headers are believed. */
  readonly trusted: boolean;
  /** The Host header; one at most. */
  readonly host: string | undefined;
  readonly encrypted: boolean;
  /** Values of the forwarding headers that came in, joined by commas, by lower-case name. */
  readonly incoming: ReadonlyMap<string, string>;
}

/**
 * Names by which proxies tell where a request came from, or servers let it change its path or skip their own
 * steps. From a peer that is not a trusted proxy they are somebody's invention, so none passes.
 */
const FORWARDING = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-server",
  "x-forwarded-scheme",
  "x-forwarded-ssl",
  "x-forwarded-by",
  "x-forwarded-uri",
  "x-forwarded-path",
  "x-forwarded-method",
  "x-forwarded-protocol",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "x-original-host",
  "x-original-url",
  "x-original-uri",
  "x-rewrite-url",
  "x-invoke-path",
  "x-middleware-subrequest",
]);
/** These are written anew for every request. */
const REWRITTEN = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
]);
const IDENTITY = new Set([
  "authorization",
  "x-forwarded-access-token",
  "x-forwarded-user",
  "x-forwarded-email",
  "x-forwarded-preferred-username",
  "x-forwarded-groups",
]);

/** Gateways that hand headers on as variables read `_` as `-`. */
const usual = (name: string): string => (name.includes("_") ? name.replaceAll("_", "-") : name);

/** @param name in lower case. */
export function isForwardingHeader(name: string): boolean {
  return FORWARDING.has(usual(name));
}

/** Whether the header is made here and never copied, whoever sent it. @param name in lower case. */
export function isRewritten(name: string): boolean {
  return REWRITTEN.has(usual(name));
}

/** Whether the header says who somebody is (B122). @param name in lower case. */
export function isIdentityHeader(name: string): boolean {
  return IDENTITY.has(usual(name));
}

const HOST = /^[\w.~:[\]-]{1,264}$/;
const PROTO = /^https?$/i;

/**
 * Writes `X-Forwarded-For`, `-Host`, `-Proto`, `-Port` and `Forwarded` (RFC 7239): appended to what a trusted
 * proxy sent, else what was seen here (B123).
 *
 * @returns names and values in turn.
 */
export function forwardingHeaders(hop: HopFacts): string[] {
  const before = (name: string): string | undefined =>
    hop.trusted ? hop.incoming.get(name) : undefined;
  const address = plainAddress(hop.peer);
  const chain = before("x-forwarded-for");
  const proto = firstOf(before("x-forwarded-proto"), PROTO) ?? (hop.encrypted ? "https" : "http");
  const host = firstOf(before("x-forwarded-host"), HOST) ?? firstOf(hop.host, HOST);
  const port = firstOf(before("x-forwarded-port"), /^\d{1,5}$/) ?? portOf(host, proto);
  const headers: string[] = [];
  if (chain !== undefined || address !== undefined) {
    const hops = [chain, address].filter((one) => one !== undefined && one !== "");
    headers.push("X-Forwarded-For", hops.join(", "));
  }
  if (host !== undefined) headers.push("X-Forwarded-Host", host);
  headers.push("X-Forwarded-Proto", proto, "X-Forwarded-Port", port);
  const element = [
    `for=${forwardedNode(address)}`,
    ...(hop.host !== undefined && HOST.test(hop.host) ? [`host=${quoted(hop.host)}`] : []),
    `proto=${hop.encrypted ? "https" : "http"}`,
  ].join(";");
  const earlier = before("forwarded") ?? chain?.split(",").map(forwardedFor).join(", ");
  headers.push("Forwarded", earlier === undefined ? element : `${earlier}, ${element}`);
  return headers;
}

const forwardedFor = (address: string): string => `for=${forwardedNode(address.trim())}`;

/** The first element of a list, where it is what it must be. */
function firstOf(list: string | undefined, form: RegExp): string | undefined {
  const first = list?.split(",", 1)[0]?.trim();
  return first !== undefined && form.test(first) ? first : undefined;
}

/** An IPv4 address that a dual-stack socket shows as IPv6, as IPv4. */
function plainAddress(peer: string | undefined): string | undefined {
  if (peer === undefined) return undefined;
  return peer.startsWith("::ffff:") && isIP(peer.slice(7)) === 4 ? peer.slice(7) : peer;
}

function forwardedNode(address: string | undefined): string {
  const family = address === undefined ? 0 : isIP(address);
  if (family === 0) return "unknown";
  return family === 6 ? `"[${address}]"` : address!;
}

const quoted = (value: string): string => (/^[\w.~-]+$/.test(value) ? value : `"${value}"`);

function portOf(host: string | undefined, proto: string): string {
  const port = host === undefined ? undefined : /:(\d{1,5})$/.exec(host)?.[1];
  return port ?? (proto.toLowerCase() === "https" ? "443" : "80");
}
