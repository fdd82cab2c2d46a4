// This file is the whole public surface of @wheelhouse/http.

// The server
export { createHttpServer } from "./create-http-server.js";
export type { HttpServer, ListenAddress } from "./create-http-server.js";
export type { HttpServerOptions } from "./options.js";
export type { ListenOptions } from "./server/bind-address.js";
export { assertPublicBind } from "./server/assert-public-bind.js";
export type { PublicBindFacts } from "./server/assert-public-bind.js";

// Routes and replies
export type { Method, Route, RouteInput, RoutePolicy, UpgradeRoute } from "./route.js";
export type {
  EmptyReply,
  JsonReply,
  JsonTextReply,
  Reply,
  ReplyHeaders,
  SseReply,
  TextReply,
  UpgradeReply,
} from "./reply.js";
export type { Fallback, PassedOn } from "./fallback.js";

// Who calls, and from where
export type { Authenticate, AuthenticationRequest } from "./guards/guard-authentication.js";
export { isLoopbackAddress, isLoopbackName } from "./peer/loopback.js";
export { isOnList, parseTrustedProxies } from "./peer/trusted-proxies.js";
