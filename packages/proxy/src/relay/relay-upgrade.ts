import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { PassedOn } from "@wheelhouse/http";
import { responseHeaders } from "../headers/response-headers.js";
import type { ProxyContext } from "../proxy-context.js";
import {
  TIMED_OUT,
  UNAVAILABLE,
  upstreamFailure,
  type UpstreamFailure,
} from "../upstream/upstream-failure.js";
import { answerPlainly } from "./answer.js";
import { cutOff } from "./cut-off.js";
import { responseOnSocket } from "./response-on-socket.js";
import { joinSockets } from "./tunnel.js";

/** An upgrade that may be forwarded. */
export interface UpgradeParts {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent behind its request. */
  readonly head: Buffer;
  readonly target: string;
  /** Names and values in turn, without Connection and Upgrade. */
  readonly headers: string[];
  readonly facts: PassedOn | undefined;
}

/** Bytes that a client may send before the chat app has agreed to the upgrade. */
const MOST_EARLY_BYTES = 65_536;

/**
 * Asks the chat app for the upgrade and joins the two connections when it agrees with 101. Any other answer is
 * handed to the client as it is, and the connection ends with it: a tunnel is never opened on the word of the
 * client alone, which is how requests are smuggled through one.
 */
export function relayUpgrade(parts: UpgradeParts, context: ProxyContext): void {
  const { request, socket, target, headers, facts } = parts;
  const { settings, stats, endings, connector } = context;
  let isOver = false;
  let early = parts.head;

  const asked = httpRequest({
    method: "GET",
    path: target,
    headers: [...headers, "Connection", "Upgrade", "Upgrade", "websocket"],
    setHost: false,
    createConnection: (_, onConnection) => {
      connector((error, connection) => onConnection(error, connection!));
      return undefined;
    },
  });
  const onEarly = (chunk: Buffer): void => {
    early = Buffer.concat([early, chunk]);
    if (early.length > MOST_EARLY_BYTES) socket.pause();
  };
  const settle = (): boolean => {
    if (isOver) return false;
    isOver = true;
    clearTimeout(timer);
    socket.off("data", onEarly);
    socket.off("end", onClientGone);
    socket.off("close", onClientGone);
    endings.delete(onProxyClose);
    stats.active--;
    return true;
  };
  const fail = (failure: UpstreamFailure): void => {
    if (!settle()) return;
    stats.openTunnels--;
    asked.destroy();
    if (failure === TIMED_OUT) stats.timeouts++;
    else stats.upstreamErrors++;
    if (failure === UNAVAILABLE) context.onUnavailable();
    settings.logger.warn(
      { requestId: facts?.requestId, status: failure.status },
      "The chat app did not take a WebSocket.",
    );
    answerPlainly(request, responseOnSocket(request, socket), failure, facts?.requestId);
  };
  const onClientGone = (): void => {
    if (!settle()) return;
    stats.openTunnels--;
    stats.aborted++;
    asked.destroy();
    socket.destroy();
  };
  const onProxyClose = (): void => fail(UNAVAILABLE);
  const timer = setTimeout(() => fail(TIMED_OUT), settings.firstByteTimeoutMs);

  stats.active++;
  stats.upgrades++;
  stats.openTunnels++;
  endings.add(onProxyClose);
  // A socket that nobody reads does not tell that its client has left.
  socket.on("data", onEarly);
  socket.on("end", onClientGone);
  socket.on("close", onClientGone);
  asked.on("error", (error) => fail(upstreamFailure(error)));
  asked.on("response", (answer) => {
    if (!settle()) return;
    stats.openTunnels--;
    relayRefusal(parts, context, asked, answer);
  });
  asked.on("upgrade", (answer, connection, first) => {
    if (answer.headers.upgrade?.toLowerCase() !== "websocket") {
      connection.destroy();
      fail(upstreamFailure(undefined));
      return;
    }
    if (!settle()) {
      connection.destroy();
      return;
    }
    openTunnel(parts, context, { answer, connection: connection, first, early });
  });
  asked.end();
}

interface Agreement {
  readonly answer: IncomingMessage;
  readonly connection: Socket;
  /** What the app sent behind its 101. */
  readonly first: Buffer;
  /** What the client sent ahead of it. */
  readonly early: Buffer;
}

function openTunnel(parts: UpgradeParts, context: ProxyContext, agreement: Agreement): void {
  const { socket, facts } = parts;
  const { settings, stats, endings, ownOrigins } = context;
  const { answer, connection, first, early } = agreement;
  const requestId = facts?.requestId;
  const { headers } = responseHeaders(answer.rawHeaders, { status: 101, ownOrigins, requestId });
  const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]!}: ${headers[at + 1]!}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  if (first.length > 0) socket.write(first);
  if (early.length > 0) connection.write(early);
  const end = joinSockets(socket, connection, {
    idleMs: settings.tunnelIdleTimeoutMs,
    onEnd: () => {
      stats.openTunnels--;
      endings.delete(end);
    },
  });
  endings.add(end);
}

/** Hands on what the chat app answered instead of agreeing: 401, 426 and the like. */
function relayRefusal(
  parts: UpgradeParts,
  { settings, ownOrigins }: ProxyContext,
  asked: ClientRequest,
  answer: IncomingMessage,
): void {
  const { request, socket, facts } = parts;
  const response = responseOnSocket(request, socket);
  const status = answer.statusCode ?? 502;
  const requestId = facts?.requestId;
  let tellsLength = false;
  try {
    const head = responseHeaders(answer.rawHeaders, { status, ownOrigins, requestId });
    tellsLength = head.length !== undefined;
    response.writeHead(status, [...head.headers, "Connection", "close"]);
  } catch {
    asked.destroy();
    answerPlainly(request, response, upstreamFailure(undefined), requestId);
    return;
  }
  const timer = setTimeout(() => asked.destroy(), settings.idleTimeoutMs);
  answer.on("data", () => timer.refresh());
  answer.pipe(response);
  response.on("error", () => asked.destroy());
  response.on("close", () => {
    clearTimeout(timer);
    asked.destroy();
  });
  answer.on("error", () => cutOff(response, tellsLength));
  answer.on("close", () => {
    clearTimeout(timer);
    if (!answer.complete) cutOff(response, tellsLength);
  });
}
