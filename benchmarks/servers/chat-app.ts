import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tellParent } from "./serve.js";

/** The chat app behind every proxy of W4: a small asset, a large one, and events at a pace. */
const SMALL = Buffer.alloc(10_240, "s");
const LARGE = Buffer.alloc(1_048_576, "l");
/** Milliseconds between two events of a stream. */
const PACE_MS = 20;

const streams = new Set<ServerResponse>();
// One timer for all streams: the app must not be what limits.
setInterval(() => {
  for (const stream of streams) stream.write(`data: {"delta":"word word word"}\n\n`);
}, PACE_MS);

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url === "/api/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: first\n\n");
    streams.add(response);
    response.on("close", () => streams.delete(response));
    return;
  }
  const body = request.url === "/assets/large" ? LARGE : SMALL;
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": body.length,
  });
  response.end(body);
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
  tellParent((server.address() as AddressInfo).port),
);
