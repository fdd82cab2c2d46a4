import { AppError } from "@wheelhouse/core";
import type { RoutePolicy } from "../route.js";
import type { Verdict } from "./verdict.js";

/** Where a request came in, as far as trust goes. */
export interface PeerFacts {
  /** `bound-public`: our own `listen` took a public address; `public`: a peer that is not loopback. */
  readonly exposure: Exposure;
  /** Whether the client is on this machine, forwarding headers considered. */
  readonly local: boolean;
  /** Whether an `authenticate` function is configured. */
  readonly authenticated: boolean;
}

/** How far a connection reaches. */
export type Exposure = "loopback" | "public" | "bound-public";

/**
 * First guard: own routes are for clients on this machine unless authentication is configured
 * (architecture, HTTP; B203). Where the server is public they are not there at all.
 */
export function guardPeer(policy: RoutePolicy, facts: PeerFacts): Verdict {
  if (policy.surface !== "own" || facts.authenticated || facts.local) return undefined;
  if (facts.exposure === "bound-public") return new AppError("not_found");
  if (policy.remote === "route") return undefined;
  if (facts.exposure === "public") return new AppError("not_found");
  return new AppError("permission_denied", {
    message: "This route is only accessible from the machine where the server is running.",
  });
}
