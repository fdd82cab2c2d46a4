import { isForwardingHeader, isIdentityHeader, isRewritten } from "./forwarding.js";
import { isHopByHop } from "./hop-by-hop.js";

/** What a header's name says about it. */
export interface HeaderFacts {
  /** The name in lower case. */
  readonly name: string;
  readonly isHopByHop: boolean;
  readonly isForwarding: boolean;
  readonly isRewritten: boolean;
  readonly isIdentity: boolean;
}

/** Names that are kept. Clients and apps use a few dozen; one that invents names costs itself the look-up. */
const MOST_KEPT = 1_024;
const LONGEST_KEPT = 64;
const kept = new Map<string, HeaderFacts>();

/** Tells what a name means. Every request has the same few names, so the answers are kept. */
export function headerFacts(raw: string): HeaderFacts {
  const before = kept.get(raw);
  if (before !== undefined) return before;
  const name = raw.toLowerCase();
  const facts: HeaderFacts = {
    name,
    isHopByHop: isHopByHop(name),
    isForwarding: isForwardingHeader(name),
    isRewritten: isRewritten(name),
    isIdentity: isIdentityHeader(name),
  };
  if (kept.size < MOST_KEPT && raw.length <= LONGEST_KEPT) kept.set(raw, facts);
  return facts;
}
