import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { createHttpServer, type HttpServer, type HttpServerOptions } from "../../src/index.js";

/** The ways a server's routes can be served; all must give the same answers. */
export const WAYS = ["node listener", "express().use(router)", "createServer(app)"] as const;
export type Way = (typeof WAYS)[number];

export interface Served extends AsyncDisposable {
  readonly server: HttpServer;
  readonly port: number;
  readonly url: string;
}

/** Serves options in one of the ways on a free port of 127.0.0.1. */
export async function serve(way: Way, options: HttpServerOptions): Promise<Served> {
  const server = createHttpServer({ drainMs: 2_000, ...options });
  if (way === "node listener") {
    const { port, url } = await server.listen({ port: 0 });
    return { server, port, url, [Symbol.asyncDispose]: () => server.close({ graceMs: 0 }) };
  }
  const express = createRequire(import.meta.url)("express") as typeof import("express");
  const outer = way === "createServer(app)" ? server.app : express().use(server.router);
  // The parser's own answer to a missing Host would hide ours.
  const http = createServer({ requireHostHeader: false }, outer);
  http.on("upgrade", (request, socket, head) => server.upgrade(request, socket, head));
  const port = await start(http);
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await server.close({ graceMs: 0 });
      await stop(http);
    },
  };
}

/** Listens on a free port of 127.0.0.1. */
export async function start(http: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    http.listen(0, "127.0.0.1", resolve);
  });
  return (http.address() as AddressInfo).port;
}

/** Ends a server and every connection it has. */
export async function stop(http: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}
