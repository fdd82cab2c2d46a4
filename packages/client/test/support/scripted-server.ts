import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request that a scripted server got. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** Parsed JSON; undefined without a body. */
  readonly body: Record<string, unknown> | undefined;
  /** Resolves when the connection of the request is closed. */
  readonly closed: Promise<void>;
}

/** Answers the request number `index`, counted from 0. */
export type Script = (seen: Seen, res: ServerResponse, index: number) => void | Promise<void>;

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
}

/** Real HTTP on a free port of 127.0.0.1. */
export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  const server = createServer((req, res) => {
    void (async () => {
      let text = "";
      for await (const chunk of req) text += String(chunk);
      const body = text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>);
      const { method = "", url = "", headers } = req;
      const closed = new Promise<void>((resolve) => res.once("close", () => resolve()));
      const one: Seen = { method, url, headers, body, closed };
      seen.push(one);
      await script(one, res, seen.length - 1);
    })().catch(() => res.destroy());
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export function json(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify(body));
}

/** Begins an event stream: its headers are sent. */
export function sse(res: ServerResponse): ServerResponse {
  res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  return res;
}

export const frame = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`;
export const DONE = "data: [DONE]\n\n";
