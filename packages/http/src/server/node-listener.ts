import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { BindAddress } from "./bind-address.js";
import { answerClientError, refuseConnect } from "./client-error.js";

/** A burst of thousands of clients connects at once: Node's own 511 would refuse some. */
const BACKLOG = 4_096;
/** Milliseconds for the head of a request. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Longer than the idle time of the usual load balancers (60 s), which must be the first to close. */
const KEEP_ALIVE_MS = 65_000;
/** Milliseconds between two looks at the times above. */
const TIMEOUT_CHECK_MS = 5_000;
/** Above what a dispatcher accepts, so that it sees that there were too many. */
const KEPT_HEADER_FIELDS = 512;

/** What a listener hands its requests to. */
export interface ListenerParts {
  readonly onRequest: (
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
  ) => void;
  /** An `Expect` header that is not `100-continue`. */
  readonly onExpectation: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly requestTimeoutMs: number;
}

/** A `node:http` server with what it takes to end it. */
export interface NodeListener {
  listen(address: BindAddress): Promise<{ port: number; host: string; url: string }>;
  /** Takes no new connection and ends the idle ones, as Node's `close` does. Settles when none is left or the time is over. */
  close(milliseconds: number): Promise<void>;
}

/** Makes the listener. */
export function createNodeListener(parts: ListenerParts): NodeListener {
  const sockets = new Set<Socket>();
  let closed = false;
  const server = createServer(serverOptions(parts.requestTimeoutMs));
  server.maxHeadersCount = KEPT_HEADER_FIELDS;

  server.on("request", (request, response) => {
    // Node loses what is pipelined behind an offer that is ignored. Other protocols' offers keep the connection:
    // some clients make one on every connection, and none of those pipelines.
    if (offersWebSocket(request)) response.shouldKeepAlive = false;
    parts.onRequest(request, response, false);
  });
  server.on("checkContinue", (request, response) => parts.onRequest(request, response, true));
  server.on("checkExpectation", parts.onExpectation);
  server.on("upgrade", parts.onUpgrade);
  server.on("connect", (_request, socket) => refuseConnect(socket));
  server.on("clientError", (error, socket) => {
    // The response that has the connection now; Node's own answer to this event goes by it too.
    const { _httpMessage: current } = socket as { _httpMessage?: ServerResponse | null };
    answerClientError(error, socket as Socket, current);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  return {
    async listen(address) {
      await startListening(server, address);
      if (closed) {
        server.close();
        throw new Error("The server was closed before it listened.");
      }
      return describe(server, address);
    },
    async close(milliseconds) {
      closed = true;
      if (!server.listening) return;
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, milliseconds);
      await ended;
      // Sockets that were upgraded are no longer the HTTP server's to wait for.
      await Promise.all([...sockets].map((socket) => closeOf(socket)));
      clearTimeout(timer);
    },
  };
}

function serverOptions(requestTimeoutMs: number): ServerOptions {
  const options: ServerOptions & {
    shouldUpgradeCallback: (request: IncomingMessage) => boolean;
  } = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeoutMs),
    keepAlive: true,
    noDelay: true,
    insecureHTTPParser: false,
    // The Host guard answers for a missing Host, with a body that says why.
    requireHostHeader: false,
    // RFC 9110 section 7.8: an offer of another protocol, such as h2c, may be ignored. Older Node releases
    // do not know this option and answer such an offer as an upgrade.
    // The same goes for a request that has a body of its own: a WebSocket begins with GET (RFC 6455 section 4.1).
    shouldUpgradeCallback: (request) => request.method === "GET" && offersWebSocket(request),
  };
  return options;
}

function offersWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === "websocket";
}

function startListening(server: Server, address: BindAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off("listening", onListening);
      reject(listenError(error, address));
    };
    const onListening = (): void => {
      server.off("error", onError);
      resolve();
    };
    server.once("error", onError);
    server.once("listening", onListening);
    if ("socketPath" in address) server.listen({ path: address.socketPath, backlog: BACKLOG });
    else server.listen({ port: address.port, host: address.address, backlog: BACKLOG });
  });
}

function listenError(error: NodeJS.ErrnoException, address: BindAddress): Error {
  const where = "socketPath" in address ? address.name : `${address.name}:${address.port}`;
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: "something else is listening there. Stop it or choose another port.",
    EACCES: "this user may not. Choose a port of 1024 or above.",
    EADDRNOTAVAIL: "the address is not this machine's.",
  };
  const reason = why[error.code ?? ""] ?? error.message;
  return new Error(`Cannot listen on ${where}: ${reason}`, { cause: error });
}

function describe(
  server: Server,
  address: BindAddress,
): { port: number; host: string; url: string } {
  if ("socketPath" in address) {
    return { port: 0, host: address.name, url: `unix:${address.socketPath}` };
  }
  const { port } = server.address() as AddressInfo;
  // 0.0.0.0 and :: are no addresses to connect to.
  const reachable =
    address.name === "0.0.0.0" || address.name === "::" ? "localhost" : address.name;
  const host = reachable.includes(":") ? `[${reachable}]` : reachable;
  return { port, host: address.name, url: `http://${host}:${port}` };
}

function closeOf(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
