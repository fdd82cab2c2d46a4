import type { IncomingMessage } from "node:http";
import type { BlockList } from "node:net";
import { formatTraceparent, randomHex, type Span } from "@wheelhouse/core";
import { type Fallback, isOnList, type PassedOn } from "@wheelhouse/http";
import { checkRequest, hasBody } from "./check-request.js";
import { requestHeaders } from "./headers/request-headers.js";
import { type ProxyOptions, resolveProxyOptions } from "./options.js";
import { judgeTarget } from "./path/judge-target.js";
import type { ProxyContext } from "./proxy-context.js";
import { ALWAYS_READY, watchReadiness } from "./readiness.js";
import { answerPlainly, NOT_FOUND, type PlainAnswer } from "./relay/answer.js";
import { createDeadlines } from "./relay/deadlines.js";
import { isOriginAllowed } from "./relay/origin-allowed.js";
import { RequestRelay, TOO_LARGE } from "./relay/relay-request.js";
import { relayUpgrade } from "./relay/relay-upgrade.js";
import { responseOnSocket } from "./relay/response-on-socket.js";
import { createStats, type ProxyStats } from "./stats.js";
import { createLoopbackConnector } from "./upstream/loopback-connector.js";
import { createUpstreamPool } from "./upstream/upstream-pool.js";

/** A proxy to the chat app: `createAgentServer({ chatProxy })`, or a step of any Express app. */
export interface Proxy extends Fallback {
  /** A copy of the counters. */
  stats(): ProxyStats;
}

const MALFORMED: PlainAnswer = { status: 400, text: "The request target is not a valid path" };
const LOOP: PlainAnswer = { status: 508, text: "The proxy forwards to itself" };
const CROSS_ORIGIN: PlainAnswer = { status: 403, text: "Cross-origin WebSocket blocked" };
const NOT_WEBSOCKET: PlainAnswer = { status: 400, text: "Only WebSocket upgrades are forwarded" };
const TOO_MANY: PlainAnswer = {
  status: 503,
  text: "Too many WebSockets are open",
  headers: { "retry-after": "5" },
};
const CLOSED: PlainAnswer = {
  status: 503,
  text: "Service unavailable",
  headers: { connection: "close" },
};

/** What a request comes to: a refusal, left to somebody else, or where and how to forward it. */
type Verdict =
  | { readonly refusal: PlainAnswer }
  | { readonly notAllowed: true }
  | { readonly target: string; readonly trusted: boolean };

/**
 * Makes the proxy. Requests whose path is on the allow-list go to one port of this machine and nowhere else;
 * every other one is answered here. Nothing is opened before the first request, unless `awaitTarget` asks for it.
 *
 * @throws TypeError naming the option that cannot be used.
 */
export function createProxy(options: ProxyOptions = {}): Proxy {
  const settings = resolveProxyOptions(options);
  const { port, allowed, logger } = settings;
  const host = `localhost:${port}`;
  const connector = createLoopbackConnector(port, settings.connectTimeoutMs);
  const readiness = settings.awaitTarget ? watchReadiness(connector, host, logger) : ALWAYS_READY;
  const stats = createStats();
  const context: ProxyContext = {
    settings,
    stats,
    pool: createUpstreamPool(`http://${host}`, connector),
    connector,
    host,
    ownOrigins: [host, `127.0.0.1:${port}`, `[::1]:${port}`].map((name) => `http://${name}`),
    // Random: a chat app that is itself served by a Wheelhouse is no loop.
    via: `1.1 wheelhouse-${randomHex(8)}`,
    onUnavailable: () => readiness.lost(),
    deadlines: createDeadlines(Math.min(settings.firstByteTimeoutMs, settings.idleTimeoutMs)),
    relays: new Set(),
    endings: new Set(),
  };
  let closed = false;

  const isTrusted = (request: IncomingMessage, facts: PassedOn | undefined): boolean => {
    const list: BlockList | undefined = settings.trustedProxies ?? facts?.trustedProxies;
    return list !== undefined && isOnList(list, request.socket.remoteAddress);
  };
  const judge = (request: IncomingMessage, facts: PassedOn | undefined): Verdict => {
    const refusal = checkRequest(request);
    if (refusal !== undefined) return { refusal };
    const verdict = judgeTarget(request.url ?? "");
    if (verdict.kind === "malformed") return { refusal: MALFORMED };
    if (verdict.kind === "outside" || !allowed.allows(verdict.path)) return { notAllowed: true };
    if (request.headers.via?.includes(context.via) === true) return { refusal: LOOP };
    return { target: verdict.target, trusted: isTrusted(request, facts) };
  };
  const headersFor = (
    request: IncomingMessage,
    trusted: boolean,
    facts: PassedOn | undefined,
    span?: Span,
  ): string[] =>
    requestHeaders(request, {
      trusted,
      stripIdentity: settings.stripIdentity,
      host,
      via: context.via,
      requestId: facts?.requestId,
      traceparent: span === undefined ? undefined : formatTraceparent(span),
    });
  const startSpan = (request: IncomingMessage, target: string): Span | undefined => {
    if (settings.tracer === undefined) return undefined;
    const { traceparent } = request.headers;
    const name = `proxy ${request.method ?? "GET"}`;
    const span = settings.tracer.startSpan({
      name,
      traceparent: typeof traceparent === "string" ? traceparent : undefined,
    });
    span.setAttribute("http.request.method", request.method ?? "GET");
    // Without the query, which may hold what nobody should read in a trace.
    span.setAttribute("url.path", target.split("?", 1)[0]!);
    span.setAttribute("server.port", port);
    return span;
  };

  return {
    usesFacts: true,
    handle(request, response, facts) {
      const refuse = (answer: PlainAnswer): true => {
        stats.refused++;
        const heldBack = facts?.expectsContinue === true;
        const write = (): void =>
          answerPlainly(request, response, answer, facts?.requestId, heldBack);
        // Where Node's parser is about to give up on the body, the server answers for that: an answer that has
        // begun by then would be cut off.
        if (hasBody(request)) setImmediate(write);
        else write();
        return true;
      };
      if (response.headersSent || response.destroyed) return true;
      if (closed) return refuse(CLOSED);
      const verdict = judge(request, facts);
      if ("refusal" in verdict) return refuse(verdict.refusal);
      if ("notAllowed" in verdict) return settings.passesOn ? false : refuse(NOT_FOUND);
      const length = request.headers["content-length"];
      if (length !== undefined && Number(length) > settings.bodyLimit) return refuse(TOO_LARGE);
      const { target, trusted } = verdict;
      const span = startSpan(request, target);
      const headers = headersFor(request, trusted, facts, span);
      if (length !== undefined) headers.push("Content-Length", length);
      new RequestRelay(
        { request, response, target, headers, hasBody: hasBody(request), facts, span },
        context,
      ).start();
      return true;
    },
    upgrade(request, socket, head, facts) {
      socket.on("error", () => socket.destroy());
      const refuse = (answer: PlainAnswer): true => {
        stats.refused++;
        answerPlainly(request, responseOnSocket(request, socket), answer, facts?.requestId);
        return true;
      };
      if (closed) return refuse(CLOSED);
      const verdict = judge(request, facts);
      if ("refusal" in verdict) return refuse(verdict.refusal);
      if ("notAllowed" in verdict || !settings.allowUpgrades) {
        return settings.passesOn ? false : refuse(NOT_FOUND);
      }
      // A body would be read as the first bytes of the tunnel (RFC 6455 section 4.1: GET, and none).
      const isWebSocket =
        request.method === "GET" && request.headers.upgrade?.toLowerCase() === "websocket";
      if (!isWebSocket || hasBody(request)) return refuse(NOT_WEBSOCKET);
      const forwarded = verdict.trusted ? request.headers["x-forwarded-host"] : undefined;
      const originFacts = {
        origin: request.headers.origin,
        host: typeof forwarded === "string" ? forwarded : request.headers.host,
        allowedOrigins: settings.allowedOrigins ?? facts?.allowedOrigins ?? NO_ORIGINS,
      };
      if (!isOriginAllowed(originFacts)) return refuse(CROSS_ORIGIN);
      if (stats.openTunnels >= settings.maxTunnels) return refuse(TOO_MANY);
      const headers = headersFor(request, verdict.trusted, facts);
      relayUpgrade({ request, socket, head, target: verdict.target, headers, facts }, context);
      return true;
    },
    ready: () => !closed && readiness.isReady(),
    close() {
      closed = true;
      readiness.close();
      for (const relay of context.relays) relay.close();
      for (const end of context.endings) end();
      context.pool.close();
      logger.debug({ ...stats }, "The chat proxy is closed.");
      return Promise.resolve();
    },
    stats: () => ({ ...stats }),
  };
}

const NO_ORIGINS: ReadonlySet<string> = new Set();
