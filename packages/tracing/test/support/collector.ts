import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { type ArrivedSpan, decodeTraces } from "./protobuf.js";

/** A request that a collector got. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a collector does with a request. `hang` never answers. */
export type Script = (request: Arrived) => { status: number; body?: string } | "hang";

/** An OpenTelemetry collector of our own on loopback, or whatever else a script makes of it. */
export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Arrived[];
  /** Of the requests to `/v1/traces` that were answered 200. */
  readonly spans: readonly ArrivedSpan[];
  script: Script;
}

/** Starts a collector; it answers 200 to everything unless the script says otherwise. */
export async function startCollector(script: Script = () => ({ status: 200 })): Promise<Collector> {
  const requests: Arrived[] = [];
  const spans: ArrivedSpan[] = [];
  const hanging = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
      const { method = "", url: path = "", headers } = request;
      const arrived = { method, path, headers, body };
      requests.push(arrived);
      const answer = collector.script(arrived);
      if (answer === "hang") {
        hanging.add(response);
        return;
      }
      if (path === "/v1/traces" && answer.status === 200) spans.push(...decodeTraces(body));
      response.writeHead(answer.status).end(answer.body ?? "");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    spans,
    script,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return collector;
}
