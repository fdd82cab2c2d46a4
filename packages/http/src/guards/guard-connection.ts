import type { IncomingMessage } from "node:http";
import type { HttpSettings } from "../options.js";
import { isLocalClient } from "../peer/is-local-client.js";
import { headerValue, hostValues } from "../request/header-values.js";
import type { RoutePolicy } from "../route.js";
import { guardHost } from "./guard-host.js";
import { guardOrigin } from "./guard-origin.js";
import { type Exposure, guardPeer } from "./guard-peer.js";
import type { Verdict } from "./verdict.js";

/** Runs the guards that need only the head of a request, in their order: peer, Host, Origin. */
export function guardConnection(
  policy: RoutePolicy,
  request: IncomingMessage,
  exposure: Exposure,
  settings: HttpSettings,
): Verdict {
  if (policy.surface === "probe") return undefined;
  return (
    peerVerdict(policy, request, exposure, settings) ??
    guardHost({
      hosts: hostValues(request),
      exposure,
      allowedHosts: settings.allowedHosts,
      httpVersion: request.httpVersion,
    }) ??
    originVerdict(policy, request, exposure, settings)
  );
}

/** The peer guard alone: whether a route is there at all for this client. */
export function peerVerdict(
  policy: RoutePolicy,
  request: IncomingMessage,
  exposure: Exposure,
  settings: HttpSettings,
): Verdict {
  if (policy.surface !== "own") return undefined;
  return guardPeer(policy, {
    exposure,
    local: isLocalRequest(request, exposure, settings),
    authenticated: settings.authenticate !== undefined,
  });
}

/** Whether the client of a request is on this machine (B204-B207). */
export function isLocalRequest(
  request: IncomingMessage,
  exposure: Exposure,
  settings: HttpSettings,
): boolean {
  return isLocalClient({
    loopback: exposure === "loopback",
    peer: request.socket.remoteAddress,
    headers: request.headers,
    trustedProxies: settings.trustedProxies,
  });
}

function originVerdict(
  policy: RoutePolicy,
  request: IncomingMessage,
  exposure: Exposure,
  settings: HttpSettings,
): Verdict {
  // The agent's API on a public address is meant for other sites too: who may use it is authentication's
  // to say. A WebSocket is the exception, since a browser opens one anywhere with the user's cookies.
  const isOpen =
    exposure !== "loopback" &&
    policy.surface === "agent" &&
    (settings.authenticate === undefined || request.headers.upgrade === undefined);
  if (isOpen) return undefined;
  return guardOrigin(policy, {
    origin: headerValue(request, "origin"),
    secFetchSite: headerValue(request, "sec-fetch-site"),
    host: request.headers.host,
    allowedOrigins: settings.allowedOrigins,
  });
}
