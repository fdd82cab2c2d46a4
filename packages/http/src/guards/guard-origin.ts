import { AppError } from "@wheelhouse/core";
import { parseAuthority } from "../peer/authority.js";
import { isLoopbackName } from "../peer/loopback.js";
import type { RoutePolicy } from "../route.js";
import type { Verdict } from "./verdict.js";

/** What the Origin guard goes by. */
export interface OriginFacts {
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly host: string | undefined;
  /** Lower-case origins. */
  readonly allowedOrigins: ReadonlySet<string>;
}

const HTTP_ORIGIN = /^(https?):\/\/([^/?#@\\\s]+)$/i;
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: "80", https: "443" };

/**
 * Third guard, against pages of other sites (B210-B212). An Origin must be listed, this server's own, or,
 * where the surface allows it, any local page's. `Sec-Fetch-Site: cross-site` gives away the requests
 * that carry no Origin; only a listed Origin outweighs it.
 */
export function guardOrigin(policy: RoutePolicy, facts: OriginFacts): Verdict {
  const { origin } = facts;
  if (origin !== undefined && facts.allowedOrigins.has(origin.toLowerCase())) return undefined;
  if (facts.secFetchSite?.trim().toLowerCase() === "cross-site")
    return new AppError("cross_origin");
  if (origin === undefined) return undefined;
  const localPagesPass = policy.surface === "agent" || policy.localOrigins === true;
  return isAcceptable(origin, facts.host, localPagesPass)
    ? undefined
    : new AppError("cross_origin");
}

function isAcceptable(origin: string, host: string | undefined, localPagesPass: boolean): boolean {
  const match = HTTP_ORIGIN.exec(origin);
  const page = match === null ? undefined : parseAuthority(match[2]!);
  if (page === undefined) return false;
  if (localPagesPass && isLoopbackName(page.name)) return true;
  const server = host === undefined ? undefined : parseAuthority(host);
  if (server === undefined || server.name !== page.name) return false;
  // A proxy that ends TLS hides the scheme, so a port left out means the page's scheme on both sides.
  const usual = DEFAULT_PORT[match![1]!.toLowerCase()]!;
  return (server.port || usual) === (page.port || usual);
}
