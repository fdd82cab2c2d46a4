import type { IncomingMessage, ServerResponse } from "node:http";
import { isAppError, type User } from "@wheelhouse/core";
import type { HttpSettings } from "../options.js";
import { isLoopbackAddress } from "../peer/loopback.js";
import { announcedLength, hasBody, wasBodyConsumed } from "../request/body-facts.js";
import { hostValues } from "../request/header-values.js";
import { readBody } from "../request/read-body.js";
import type { RoutePolicy } from "../route.js";
import { guardAuthentication } from "./guard-authentication.js";
import { guardBodyLimit } from "./guard-body-limit.js";
import { guardConnection } from "./guard-connection.js";
import { guardContentType } from "./guard-content-type.js";
import { guardHost } from "./guard-host.js";
import type { Exposure } from "./guard-peer.js";
import { guardPolicy } from "./guard-policy.js";

/** Asks who sends a request; null where nobody has to be asked. */
export async function authenticateRequest(
  policy: RoutePolicy,
  request: IncomingMessage,
  path: string,
  settings: HttpSettings,
): Promise<User | null> {
  if (!needsUser(policy, settings)) return null;
  const answer = await settings.authenticate!({
    headers: request.headers,
    method: request.method ?? "GET",
    path,
    remoteAddress: request.socket.remoteAddress,
  });
  const user = guardAuthentication(answer);
  if (isAppError(user)) throw user;
  return user;
}

/** Whether authentication applies to a route. */
export function needsUser(policy: RoutePolicy, settings: HttpSettings): boolean {
  if (settings.authenticate === undefined) return false;
  return policy.surface !== "probe" && policy.access !== "anyone";
}

/** Throws the verdict of the guards that need only the head of a request. */
export function admitConnection(
  policy: RoutePolicy,
  request: IncomingMessage,
  exposure: Exposure,
  settings: HttpSettings,
): void {
  const refusal = guardConnection(policy, request, exposure, settings);
  if (refusal !== undefined) throw refusal;
}

/**
 * Throws where a request must not come to the fallback. It is an app's in a browser, so a name that was pointed
 * at this machine must not reach it (DNS rebinding, B208), all the less as it is told another Host. Links and
 * redirects of other sites may lead to it: an Origin is the app's own to judge.
 */
export function admitToFallback(
  request: IncomingMessage,
  bound: Exposure | undefined,
  settings: HttpSettings,
): void {
  const exposure =
    bound ?? (isLoopbackAddress(request.socket.remoteAddress) ? "loopback" : "public");
  const refusal = guardHost({
    hosts: hostValues(request),
    exposure,
    allowedHosts: settings.allowedHosts,
    httpVersion: request.httpVersion,
  });
  if (refusal !== undefined) throw refusal;
}

/** Runs the guards that come after authentication, then reads the body. */
export function admitBody(
  policy: RoutePolicy,
  request: IncomingMessage,
  response: ServerResponse,
  user: User | null,
  options: { readonly bodyLimit: number; readonly expectsContinue: boolean },
): Promise<Uint8Array> | Uint8Array {
  const limit = policy.bodyLimit ?? options.bodyLimit;
  const consumed = wasBodyConsumed(request);
  const facts = {
    hasBody: hasBody(request),
    contentType: request.headers["content-type"],
    // A parser in front has unpacked what it read.
    contentEncoding: consumed ? undefined : request.headers["content-encoding"],
    transferEncoding: request.headers["transfer-encoding"],
  };
  const refusal =
    (policy.surface === "probe" ? undefined : guardContentType(policy, facts)) ??
    guardBodyLimit(consumed ? 0 : announcedLength(request), limit) ??
    guardPolicy(policy, user);
  if (refusal !== undefined) throw refusal;
  return readBody(request, response, { limit, expectsContinue: options.expectsContinue });
}
