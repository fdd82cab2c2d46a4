import { createServer, type IncomingMessage } from "node:http";
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";

/** What the app behind the proxies saw of a request. */
export interface Seen {
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly names: readonly string[];
  bytes: number;
  /** When its connection ended before its answer, by `performance.now()`. */
  leftAt: number | undefined;
}

/** An app that does what each check of the table needs, told by the path. */
export interface RecordingApp {
  readonly port: number;
  readonly seen: Seen[];
  close(): void;
}

/** Starts the app. */
export async function startRecordingApp(): Promise<RecordingApp> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { url = "", headers, rawHeaders } = request;
    const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    const one: Seen = { url, headers, names, bytes: 0, leftAt: undefined };
    seen.push(one);
    request.on("data", (chunk: Buffer) => (one.bytes += chunk.length));
    response.on("close", () => {
      if (!response.writableFinished) one.leftAt = performance.now();
    });
    if (url.startsWith("/api/events")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      setTimeout(() => response.write("data: 1\n\n"), 300);
    } else if (url.startsWith("/api/dies")) {
      response.write("begin");
      setTimeout(() => response.socket?.destroy(), 100);
    } else if (url.startsWith("/api/headers")) {
      response.writeHead(200, [
        ["Connection", "x-hop"],
        ["X-Hop", "1"],
        ["Proxy-Authenticate", "Basic"],
      ] as never);
      response.end("ok");
    } else if (url.startsWith("/api/cookies")) {
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.end("ok");
    } else if (!url.startsWith("/api/silent")) {
      request.on("end", () => response.end("ok"));
    }
  });
  server.on("upgrade", (request, socket) => {
    socket.on("error", () => {});
    const protocol = request.headers["sec-websocket-protocol"];
    if (request.url?.startsWith("/api/refused") === true) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
      return;
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\nhello`,
    );
  });
  const port = await listen(server);
  return {
    port,
    seen,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** An app that answers 413 as soon as a request begins, and closes without reading it. */
export async function startEarlyApp(): Promise<Pick<RecordingApp, "port" | "close">> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(
        "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge",
      );
      setTimeout(() => socket.destroy(), 2);
    });
  });
  const port = await listen(server);
  return {
    port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
