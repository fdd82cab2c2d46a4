import type { IncomingHttpHeaders } from "node:http";
import type { BlockList } from "node:net";
import { isLoopbackAddress } from "./loopback.js";
import { isOnList } from "./trusted-proxies.js";

/** What decides whether a client is on this machine. */
export interface ClientFacts {
  /** Whether the connection itself is a loopback one. */
  readonly loopback: boolean;
  readonly peer: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly trustedProxies: BlockList | undefined;
}

/** A header's list of addresses in the order of the hops, the client's first. */
type Hops = readonly string[];

const textOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(",") : value;

/** `[::1]:80`, `"[::1]"` and `127.0.0.1:80` without quotes, brackets and port. */
function bareAddress(text: string): string {
  const plain = text.trim().replace(/^"(.*)"$/, "$1");
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(plain);
  if (bracketed !== null) return bracketed[1]!;
  return /^[\d.]+:\d+$/.test(plain) ? plain.slice(0, plain.indexOf(":")) : plain;
}

/** RFC 7239: the `for` of each element; an element without one stands as an unknown hop. */
function forwardedHops(value: string): Hops {
  return value.split(",").map((element) => {
    const pair = element.split(";").find((part) => /^\s*for\s*=/i.test(part));
    return pair === undefined ? "unknown" : bareAddress(pair.slice(pair.indexOf("=") + 1));
  });
}

/** The nearest hop that is not a trusted proxy is the client; a list of trusted ones begins with it. */
function endsOnLoopback(hops: Hops, trusted: BlockList): boolean {
  for (let index = hops.length - 1; index > 0; index--) {
    const hop = hops[index]!;
    if (!isOnList(trusted, hop)) return isLoopbackAddress(hop);
  }
  return isLoopbackAddress(hops[0]);
}

/**
 * Whether a client is on this machine (B204-B207). A forwarding header can only take that away: from a
 * peer that is not a trusted proxy its mere presence does, since something forwarded the request; from a
 * trusted one every address that stands for the client must be a loopback one.
 */
export function isLocalClient(facts: ClientFacts): boolean {
  if (!facts.loopback) return false;
  const lists: Hops[] = [];
  const forwardedFor = textOf(facts.headers["x-forwarded-for"]);
  if (forwardedFor !== undefined) lists.push(forwardedFor.split(",").map(bareAddress));
  const realIp = textOf(facts.headers["x-real-ip"]);
  if (realIp !== undefined) lists.push([bareAddress(realIp)]);
  const forwarded = textOf(facts.headers.forwarded);
  if (forwarded !== undefined) lists.push(forwardedHops(forwarded));
  if (lists.length === 0) return true;
  const trusted = facts.trustedProxies;
  if (trusted === undefined || !isOnList(trusted, facts.peer)) return false;
  return lists.every((hops) => endsOnLoopback(hops, trusted));
}
