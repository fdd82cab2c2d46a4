import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createProxyServer } from "http-proxy-3";
import { chatAppPort, tellParent } from "./serve.js";

/** http-proxy-3 with the forwarding headers on, and kept connections: without them it ends each client's too. */
const target = `http://127.0.0.1:${chatAppPort()}`;
const proxy = createProxyServer({
  target,
  xfwd: true,
  proxyTimeout: 1_500,
  agent: new Agent({ keepAlive: true }),
});
proxy.on("error", (_, __, response) => {
  if (response !== undefined && "writeHead" in response && !response.headersSent) {
    response.writeHead(502).end();
  }
});
const server = createServer((request, response) => proxy.web(request, response));
server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
  tellParent((server.address() as AddressInfo).port),
);
