import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, LazyAbortController, toAppError } from "@wheelhouse/core";
import { abortError } from "../abort-error.js";
import { type DispatchParts, MAX_HEADER_FIELDS, shuttingDown } from "../dispatch.js";
import { admitConnection, admitToFallback, authenticateRequest } from "../guards/admit.js";
import type { Exposure } from "../guards/guard-peer.js";
import { guardPolicy } from "../guards/guard-policy.js";
import { isLoopbackAddress } from "../peer/loopback.js";
import { renderError } from "../replies/render-error.js";
import { replyHeaders } from "../replies/reply-headers.js";
import {
  finalStatus,
  JSON_HEADERS,
  jsonText,
  logFault,
  upgradeRequired,
} from "../replies/send-reply.js";
import type { Reply } from "../reply.js";
import { requestIdOf } from "../request/request-id.js";
import { createRouteInput } from "../route-input.js";
import type { UpgradeRoute } from "../route.js";
import { findRoute } from "../routing/find-route.js";
import { parseTarget, type RequestTarget } from "../routing/parse-target.js";
import { endWithResponse } from "./raw-response.js";
import type { WebSockets } from "./web-sockets.js";

/** Answers an upgrade from the table, hands it to the fallback, or refuses it with an HTTP answer. */
export type DispatchUpgrade = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  bound: Exposure | undefined,
) => void;

interface Call {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly requestId: string;
  readonly row: UpgradeRoute;
  readonly params: Readonly<Record<string, string>>;
  readonly path: string;
  readonly target: RequestTarget;
  readonly exposure: Exposure;
  /** Tells that the client has left, or that the server's grace ends. */
  readonly client: LazyAbortController;
}

/** Makes the dispatcher of WebSocket upgrades. The guards are those of a GET of the same path. */
export function createUpgradeDispatcher(
  { upgrades, settings, lifecycle }: DispatchParts,
  webSockets: WebSockets,
): DispatchUpgrade {
  return (request, socket, head, bound) => {
    // A client that resets the connection must not end the process.
    socket.on("error", () => socket.destroy());
    const requestId = requestIdOf(request.headers["x-request-id"]);
    const refuse = (error: unknown): void => answerError({ request, socket, requestId }, error);

    const target = parseTarget(request.url ?? "");
    if (target === undefined) {
      refuse(new AppError("invalid_request", { message: "Send the request target as a path." }));
      return;
    }
    if (request.rawHeaders.length > MAX_HEADER_FIELDS * 2) {
      refuse(new AppError("invalid_request", { status: 431, message: "Too many headers." }));
      return;
    }
    const { match, path } = findRoute(upgrades, "GET", target.path, settings.staticPrefix);
    if (match.kind === "route") {
      const exposure =
        bound ?? (isLoopbackAddress(request.socket.remoteAddress) ? "loopback" : "public");
      const { row, params } = match;
      const client = new LazyAbortController();
      const call = {
        request,
        socket,
        head,
        requestId,
        row,
        params,
        path,
        target,
        exposure,
        client,
      };
      void answer(call);
    } else if (match.kind === "malformed") {
      refuse(new AppError("invalid_request", { message: "The path is not valid." }));
    } else {
      passOn({ request, socket, head, requestId }, bound, refuse);
    }
  };

  function passOn(
    { request, socket, head, requestId }: Pick<Call, "request" | "socket" | "head" | "requestId">,
    bound: Exposure | undefined,
    refuse: (error: unknown) => void,
  ): void {
    const { fallback, trustedProxies, allowedOrigins } = settings;
    try {
      if (fallback === undefined) throw new AppError("not_found");
      if (lifecycle.draining.aborted) throw shuttingDown();
      admitToFallback(request, bound, settings);
      const facts = { requestId, expectsContinue: false, trustedProxies, allowedOrigins };
      if (!fallback.upgrade(request, socket, head, facts)) throw new AppError("not_found");
    } catch (error) {
      refuse(error);
    }
  }

  async function answer(call: Call): Promise<void> {
    const { request, socket, row, exposure, client } = call;
    const { policy } = row;
    socket.once("close", () => client.abort(abortError("client_disconnected")));
    const end = lifecycle.begin(client);
    socket.once("close", end);
    try {
      if (lifecycle.draining.aborted && policy.whileDraining !== true) throw shuttingDown();
      admitConnection(policy, request, exposure, settings);
      if (request.method !== "GET" || request.headers.upgrade?.toLowerCase() !== "websocket") {
        throw upgradeRequired();
      }
      const user = await authenticateRequest(policy, request, call.target.path, settings);
      const refusal = guardPolicy(policy, user);
      if (refusal !== undefined) throw refusal;
      const reply = await row.handle(
        createRouteInput({
          request,
          requestId: call.requestId,
          path: call.path,
          params: call.params,
          search: call.target.search,
          body: new Uint8Array(0),
          user,
          exposure,
          settings,
          client,
        }),
      );
      if (socket.destroyed) return;
      takeUp(call, reply);
    } catch (error) {
      answerError(call, error);
    } finally {
      // An open WebSocket without work does not hold a drain up: it is told to go when the rest has ended.
      end();
    }
  }

  function takeUp(call: Call, reply: Reply): void {
    const { request, socket, head, row } = call;
    if (reply.kind === "upgrade") {
      webSockets.open({
        request,
        socket,
        head,
        maxPayload: row.policy.bodyLimit ?? settings.bodyLimit,
        accept: (webSocket) =>
          reply.accept(webSocket, () => {
            const finish = lifecycle.begin(call.client);
            socket.once("close", finish);
            return () => {
              socket.off("close", finish);
              finish();
            };
          }),
        onInvalid: (error) =>
          answerError(call, new AppError("invalid_request", { message: error.message })),
      });
      return;
    }
    if (reply.kind === "sse") {
      throw new TypeError(`Upgrade route ${row.path} gave a stream: it takes a WebSocket.`);
    }
    const text =
      reply.kind === "empty" ? "" : reply.kind === "json" ? jsonText(reply.body) : reply.text;
    const defaults =
      reply.kind === "text"
        ? { "content-type": reply.contentType ?? "text/plain; charset=utf-8" }
        : reply.kind === "empty"
          ? {}
          : JSON_HEADERS;
    const facts = { requestId: call.requestId, crossOrigin: undefined, close: true };
    const headers = replyHeaders(facts, defaults, reply.headers);
    endWithResponse(socket, finalStatus(reply), headers, text);
  }

  function answerError(
    call: Pick<Call, "request" | "socket" | "requestId"> & Partial<Pick<Call, "row">>,
    thrown: unknown,
  ): void {
    const { requestId } = call;
    const error = toAppError(thrown);
    logFault(error, call, settings.logger);
    const visibility = { exposeErrors: settings.exposeErrors, requestId };
    const reply = renderError(error, call.row?.policy, visibility);
    const defaults =
      reply.kind === "text" ? { "content-type": "text/plain; charset=utf-8" } : JSON_HEADERS;
    const facts = { requestId, crossOrigin: undefined, close: true };
    try {
      const headers = replyHeaders(facts, defaults, reply.headers);
      endWithResponse(call.socket, reply.status ?? 500, headers, reply.text);
    } catch {
      // Only a header of the thrower's own can be at fault: without an answer the socket must still end.
      call.socket.destroy();
    }
  }
}
