import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "@wheelhouse/core";
import { crossOriginHeaders, preflightHeaders } from "./cors.js";
import { Exchange } from "./exchange.js";
import { admitBody, admitConnection, authenticateRequest, needsUser } from "./guards/admit.js";
import { peerVerdict } from "./guards/guard-connection.js";
import type { Exposure } from "./guards/guard-peer.js";
import type { Lifecycle } from "./lifecycle.js";
import type { HttpSettings } from "./options.js";
import { isLoopbackAddress } from "./peer/loopback.js";
import { type ReplySettings, sendError, sendReply, upgradeRequired } from "./replies/send-reply.js";
import type { Reply } from "./reply.js";
import { requestIdOf } from "./request/request-id.js";
import { headerValue } from "./request/header-values.js";
import { createRouteInput } from "./route-input.js";
import type { Route, UpgradeRoute } from "./route.js";
import { findRoute } from "./routing/find-route.js";
import { parseTarget, pathOfAbsoluteTarget } from "./routing/parse-target.js";
import type { Match, RouteTable } from "./routing/route-table.js";

/** How a request reached the dispatcher. */
export interface Arrival {
  readonly expectsContinue: boolean;
  /** What our own listener is bound to; undefined where somebody else's server took the request. */
  readonly bound: Exposure | undefined;
  /** Takes a request whose path no route has; `open` starts its exchange. */
  readonly otherwise: (open: () => Exchange) => void;
}

/** Answers a request from the route table, or hands it to `otherwise`. */
export type Dispatch = (
  request: IncomingMessage,
  response: ServerResponse,
  arrival: Arrival,
) => void;

/** What a dispatcher works with. */
export interface DispatchParts {
  readonly routes: RouteTable<Route>;
  readonly upgrades: RouteTable<UpgradeRoute & { readonly method: "GET" }>;
  readonly settings: HttpSettings;
  readonly replies: ReplySettings;
  readonly lifecycle: Lifecycle;
}

/**
 * Header fields a request may have. Node drops those beyond its own count in silence, and a dropped
 * forwarding header would make a request look nearer than it is: so more than this is refused instead.
 */
export const MAX_HEADER_FIELDS = 256;

const REPLY_KINDS = new Set<unknown>(["json", "json_text", "text", "sse", "empty", "upgrade"]);

/** Makes the dispatcher that the listener, the router and the app share. */
export function createDispatcher(parts: DispatchParts): Dispatch {
  const { routes, upgrades, settings, replies, lifecycle } = parts;

  return (request, response, arrival) => {
    if (response.destroyed) return;
    const open = (): Exchange =>
      new Exchange(request, response, {
        requestId: requestIdOf(request.headers["x-request-id"]),
        expectsContinue: arrival.expectsContinue,
        crossOrigin: crossOriginHeaders(headerValue(request, "origin"), settings.allowedOrigins),
      });
    const refuse = (error: AppError, row?: Pick<Route, "policy">): void =>
      sendError(open(), error, row?.policy, replies);

    const method = request.method ?? "GET";
    const target = parseTarget(request.url ?? "");
    const path = target?.path ?? pathOfAbsoluteTarget(request.url ?? "");
    const found =
      path === undefined ? undefined : findRoute(routes, method, path, settings.staticPrefix);
    const match = found?.match ?? { kind: "none" };
    const sockets =
      match.kind === "none" && path !== undefined
        ? findRoute(upgrades, method, path, settings.staticPrefix).match
        : match;

    const isOurs = match.kind !== "none" || sockets.kind !== "none";
    if (isOurs || arrival.bound !== undefined) {
      if (target === undefined) {
        refuse(new AppError("invalid_request", { message: "Send the request target as a path." }));
        return;
      }
      if (request.rawHeaders.length > MAX_HEADER_FIELDS * 2) {
        refuse(new AppError("invalid_request", { status: 431, message: "Too many headers." }));
        return;
      }
    }
    if (!isOurs || target === undefined) {
      arrival.otherwise(open);
      return;
    }

    const exposure =
      arrival.bound ?? (isLoopbackAddress(request.socket.remoteAddress) ? "loopback" : "public");
    if (match.kind === "route") {
      const exchange = open();
      const { row, params } = match;
      const call = { exchange, row, params, path: found!.path, target, exposure };
      void answer(call);
    } else if (match.kind === "malformed") {
      refuse(new AppError("invalid_request", { message: "The path is not valid." }), match.row);
    } else {
      answerWithoutRoute(match.kind === "method" ? match : sockets, open(), exposure);
    }
  };

  /** The path is known, the method or the protocol is not the right one. */
  function answerWithoutRoute(
    match: Match<{ readonly policy: Route["policy"] }>,
    exchange: Exchange,
    exposure: Exposure,
  ): void {
    const { request } = exchange;
    const rows = match.kind === "method" ? match.rows : "row" in match ? [match.row] : [];
    const isThere = rows.some(
      ({ policy }) => peerVerdict(policy, request, exposure, settings)?.code !== "not_found",
    );
    const policy = rows[0]?.policy;
    if (!isThere) {
      sendError(exchange, new AppError("not_found"), undefined, replies);
    } else if (match.kind !== "method") {
      sendError(exchange, upgradeRequired(), policy, replies);
    } else if (isPreflight(exchange)) {
      const requested = headerValue(request, "access-control-request-headers");
      const headers = preflightHeaders(match.allow, requested);
      void sendReply(exchange, { kind: "empty", headers }, policy, replies);
    } else {
      const headers = { allow: match.allow.join(", ") };
      sendError(exchange, new AppError("method_not_allowed", { headers }), policy, replies);
    }
  }

  /** Guards, body, route, reply; whatever is thrown on the way is answered. */
  async function answer(call: Call): Promise<void> {
    const { exchange, row, exposure } = call;
    const { request, response } = exchange;
    const { policy } = row;
    const isProbe = policy.surface === "probe";
    try {
      if (lifecycle.draining.aborted && !isProbe && policy.whileDraining !== true) {
        throw shuttingDown();
      }
      if (!isProbe) exchange.onEnd(lifecycle.begin(exchange));
      admitConnection(policy, request, exposure, settings);
      const user = needsUser(policy, settings)
        ? await authenticateRequest(policy, request, call.target.path, settings)
        : null;
      const reading = admitBody(policy, request, response, user, {
        bodyLimit: settings.bodyLimit,
        expectsContinue: exchange.expectsContinue,
      });
      const body = reading instanceof Uint8Array ? reading : await reading;
      if (response.destroyed) return;
      const reply = await row.handle(
        createRouteInput({
          request,
          requestId: exchange.requestId,
          path: call.path,
          params: call.params,
          search: call.target.search,
          body,
          user,
          exposure,
          settings,
          client: exchange.client,
        }),
      );
      if (!REPLY_KINDS.has((reply as Reply | undefined)?.kind)) {
        throw new TypeError(`Route ${row.method} ${row.path} gave no reply.`);
      }
      await sendReply(exchange, reply, policy, replies);
    } catch (error) {
      sendError(exchange, error, policy, replies);
    }
  }
}

interface Call {
  readonly exchange: Exchange;
  readonly row: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly path: string;
  readonly target: { readonly path: string; readonly search: string };
  readonly exposure: Exposure;
}

/** The 503 of new work while the server drains (B55). */
export function shuttingDown(): AppError {
  return new AppError("shutting_down", { headers: { "retry-after": "1", connection: "close" } });
}

function isPreflight({ request, crossOrigin }: Exchange): boolean {
  return (
    crossOrigin !== undefined &&
    request.method === "OPTIONS" &&
    request.headers["access-control-request-method"] !== undefined
  );
}
