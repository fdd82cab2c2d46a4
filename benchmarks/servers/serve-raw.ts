import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answer } from "./agent.js";
import { tellParent } from "./serve.js";

/** Serves `POST /invocations` from `node:http` with nothing in between; `stream` writes the streamed answers. */
export function serveRaw(stream: (response: ServerResponse, body: unknown) => Promise<void>): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString("utf8");
      const body = JSON.parse(text) as { input?: unknown; stream?: boolean };
      if (!Array.isArray(body.input)) {
        response.writeHead(400).end();
      } else if (body.stream === true) {
        response.writeHead(200, {
          "content-type": "text/event-stream",
          "cache-control": "no-cache",
        });
        void stream(response, body);
      } else {
        const json = JSON.stringify(answer(body));
        response.writeHead(200, {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(json),
        });
        response.end(json);
      }
    });
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
    tellParent((server.address() as AddressInfo).port),
  );
}
