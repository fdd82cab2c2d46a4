import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createProxyServer } from "httpxy";
import { chatAppPort, tellParent } from "./serve.js";

/** httpxy in its plainest form, with the forwarding headers on. */
const target = `http://127.0.0.1:${chatAppPort()}`;
const proxy = createProxyServer({ target, xfwd: true, proxyTimeout: 1_500 });
proxy.on("error", (_, __, response) => {
  if (response !== undefined && "writeHead" in response && !response.headersSent) {
    response.writeHead(502).end();
  }
});
const server = createServer((request, response) => {
  proxy.web(request, response).catch(() => {});
});
server.on("upgrade", (request, socket, head) => {
  proxy.ws(request, socket as Socket, {}, head).catch(() => {});
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
  tellParent((server.address() as AddressInfo).port),
);
