import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createProxy, type Proxy } from "@wheelhouse/proxy";
import { H, S } from "./handlers.js";
import { serve, type ServerOptions } from "./serve.js";

/** A request as the chat app got it. */
export interface SeenRequest {
  readonly method: string;
  /** The raw target. */
  readonly url: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage["headers"];
  body: string;
  /** Whether its connection ended before its answer did. */
  closed: boolean;
}

/** A chat app that remembers what it was asked. */
export interface ChatApp extends AsyncDisposable {
  readonly port: number;
  readonly seen: SeenRequest[];
  /** Connections that were ever made to it. */
  connections(): number;
  /** Ends its connections and listens no more. */
  stop(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, seen: SeenRequest) => void;

/** Starts a chat app on a free port. By default it answers `ok` once a request is whole. */
export async function chatApp(answer: Answer = answerOk, host = "127.0.0.1"): Promise<ChatApp> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    const { method = "", url = "", rawHeaders, headers } = request;
    const one: SeenRequest = { method, url, rawHeaders, headers, body: "", closed: false };
    seen.push(one);
    request.on("data", (chunk: Buffer) => (one.body += chunk.toString("latin1")));
    response.on("close", () => (one.closed = !response.writableFinished));
    answer(request, response, one);
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  server.on("connection", (socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  };
  return { port, seen, connections: () => connections, stop, [Symbol.asyncDispose]: stop };
}

function answerOk(request: IncomingMessage, response: ServerResponse): void {
  request.on("end", () => response.end("ok"));
  request.resume();
}

/** An agent server with the proxy before a chat app. */
export interface Proxied extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly proxy: Proxy;
}

/** Serves the usual agents with a proxy to the port. */
export async function serveProxied(
  target: number,
  options: Parameters<typeof createProxy>[0] = {},
  server: ServerOptions = {},
): Promise<Proxied> {
  const proxy = createProxy({ target, ...options });
  const served = await serve({ agents: [H, S], chatProxy: proxy, ...server });
  return {
    url: served.url,
    port: served.port,
    proxy,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** A raw request without a body, whose connection closes after the answer. */
export const rawGet = (target: string, ...headers: string[]): string =>
  rawHead("GET", target, "Connection: close", ...headers);

/** A raw request's head. */
export const rawHead = (method: string, target: string, ...headers: string[]): string =>
  [`${method} ${target} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
