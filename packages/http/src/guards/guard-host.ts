import { AppError } from "@wheelhouse/core";
import { parseAuthority } from "../peer/authority.js";
import { isLoopbackName } from "../peer/loopback.js";
import type { Exposure } from "./guard-peer.js";
import type { Verdict } from "./verdict.js";

/** What the Host guard goes by. */
export interface HostFacts {
  /** The values of every Host header that was sent. */
  readonly hosts: readonly string[];
  readonly exposure: Exposure;
  /** Lower-case `host` and `host:port` entries. */
  readonly allowedHosts: ReadonlySet<string>;
  readonly httpVersion: string;
}

/**
 * Second guard, against DNS rebinding (B208, B209): a page whose name was pointed at this machine still
 * sends its own name. On loopback only local names and the allowed ones pass; elsewhere names are
 * checked once some are allowed.
 */
export function guardHost(facts: HostFacts): Verdict {
  const { hosts, allowedHosts } = facts;
  if (facts.exposure !== "loopback" && allowedHosts.size === 0) {
    // RFC 9112 section 3.2: exactly one Host in HTTP/1.1.
    const lawful = hosts.length === 1 || (hosts.length === 0 && facts.httpVersion === "1.0");
    if (lawful) return undefined;
    return new AppError("invalid_request", { message: "Send exactly one Host header." });
  }
  const authority = hosts.length === 1 ? parseAuthority(hosts[0]!) : undefined;
  if (authority === undefined) return new AppError("invalid_host");
  if (isLoopbackName(authority.name) || allowedHosts.has(authority.name)) return undefined;
  if (authority.port !== "" && allowedHosts.has(`${authority.name}:${authority.port}`)) {
    return undefined;
  }
  return new AppError("invalid_host");
}
