import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import type { Logger } from "@wheelhouse/core";
import type { WebSocket, WebSocketServer } from "ws";

/** Milliseconds between two looks at whether the other ends are still there. */
const HEARTBEAT_MS = 30_000;
/** RFC 6455 section 7.4.1. */
const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;

/** An upgrade that passed the guards. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Bytes of one message; a larger one closes the socket with 1009. */
  readonly maxPayload: number;
  readonly accept: (socket: WebSocket) => void;
  /** Called in place of `accept` when the handshake is not a lawful one. */
  readonly onInvalid: (error: Error) => void;
}

/** The open WebSockets of one server. */
export interface WebSockets {
  open(handshake: Handshake): void;
  /** Says goodbye to each; they close when the other end answers. */
  closeAll(): void;
  terminateAll(): void;
}

/** Makes the bookkeeping of a server's WebSockets. `ws` is loaded with the first one. */
export function createWebSockets(logger: Logger): WebSockets {
  const open = new Set<WebSocket>();
  const quiet = new WeakSet<WebSocket>();
  const servers = new Map<number, WebSocketServer>();
  const invalid = new WeakMap<IncomingMessage, (error: Error) => void>();
  let heartbeat: NodeJS.Timeout | undefined;

  const serverFor = (maxPayload: number): WebSocketServer => {
    const existing = servers.get(maxPayload);
    if (existing !== undefined) return existing;
    const ws = createRequire(import.meta.url)("ws") as typeof import("ws");
    const server = new ws.WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload,
    });
    server.on("wsClientError", (error, _socket, request) => invalid.get(request)?.(error));
    servers.set(maxPayload, server);
    return server;
  };

  const beat = (): void => {
    for (const socket of open) {
      if (quiet.has(socket)) socket.terminate();
      quiet.add(socket);
      socket.ping();
    }
  };

  const keep = (socket: WebSocket): void => {
    open.add(socket);
    heartbeat ??= setInterval(beat, HEARTBEAT_MS).unref();
    socket.on("pong", () => quiet.delete(socket));
    socket.on("message", () => quiet.delete(socket));
    socket.on("error", (error) => logger.debug({ err: error }, "A WebSocket failed."));
    socket.on("close", () => {
      open.delete(socket);
      if (open.size > 0) return;
      clearInterval(heartbeat);
      heartbeat = undefined;
    });
  };

  return {
    open({ request, socket, head, maxPayload, accept, onInvalid }) {
      invalid.set(request, onInvalid);
      serverFor(maxPayload).handleUpgrade(request, socket, head, (webSocket) => {
        keep(webSocket);
        // An `accept` that is async fits its type too, and its rejection must not end the process.
        new Promise<void>((resolve) => resolve(accept(webSocket))).catch((error: unknown) => {
          logger.error({ err: error }, "A WebSocket route failed.");
          webSocket.close(INTERNAL_ERROR);
        });
      });
    },
    closeAll() {
      for (const socket of open) socket.close(GOING_AWAY, "The server is shutting down.");
    },
    terminateAll() {
      for (const socket of open) socket.terminate();
    },
  };
}
