import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Express, Router } from "express";
import { createDispatcher } from "./dispatch.js";
import type { Exchange } from "./exchange.js";
import type { Exposure } from "./guards/guard-peer.js";
import { createLifecycle } from "./lifecycle.js";
import { type HttpServerOptions, milliseconds, resolveOptions } from "./options.js";
import { createRouteTable } from "./routing/route-table.js";
import { assertPublicBind } from "./server/assert-public-bind.js";
import { type ListenOptions, resolveBindAddress } from "./server/bind-address.js";
import { drainServer } from "./server/drain-server.js";
import { createExpressApp, createExpressRouter, type Step } from "./server/express-app.js";
import { createNodeListener, type NodeListener } from "./server/node-listener.js";
import { createPassOn } from "./server/pass-on.js";
import { refuseExpectation } from "./server/refuse-expectation.js";
import { createUpgradeDispatcher } from "./upgrade/dispatch-upgrade.js";
import { createWebSockets } from "./upgrade/web-sockets.js";

/** Where a server listens. */
export interface ListenAddress {
  readonly port: number;
  readonly host: string;
  /** To connect to: `http://127.0.0.1:8000`. */
  readonly url: string;
}

/** A route table, served. */
export interface HttpServer {
  /** A whole Express app; routes that its user adds come after the server's own. Made when first read. */
  readonly app: Express;
  /** An Express router for an app of one's own: `app.use(server.router)`. Made when first read. */
  readonly router: Router;
  /** For the `upgrade` event of a server of one's own. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Serves the routes straight from `node:http`.
   *
   * @throws Error saying why the address cannot be listened on, or may not be without authentication.
   */
  listen(options?: ListenOptions): Promise<ListenAddress>;
  /**
   * Drains and ends the server (B55): new work is refused at once, running requests get `graceMs`
   * (default `drainMs`), with their signals aborted shortly before the end. Safe to call twice.
   */
  close(options?: { graceMs?: number | undefined }): Promise<void>;
  /** Aborted when the server begins to shut down. */
  readonly draining: AbortSignal;
  /** Whether new work is taken: gates `/readyz`. */
  ready(): boolean;
}

/**
 * Makes a server of a route table. The listener, the router and the app run the same dispatch, so that
 * their answers are the same.
 *
 * @throws TypeError naming the option or the route that cannot be used.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const settings = resolveOptions(options);
  const lifecycle = createLifecycle();
  const { logger } = settings;
  const replies = { ...settings, draining: lifecycle.draining };
  const upgradeRows = (options.upgrades ?? []).map((row) => ({ ...row, method: "GET" as const }));
  const parts = {
    routes: createRouteTable(options.routes),
    upgrades: createRouteTable(upgradeRows),
    settings,
    replies,
    lifecycle,
  };
  const webSockets = createWebSockets(logger);
  const dispatch = createDispatcher(parts);
  const dispatchUpgrade = createUpgradeDispatcher(parts, webSockets);

  const passOn = createPassOn(settings, replies, lifecycle);

  let app: Express | undefined;
  let router: Router | undefined;
  let listener: NodeListener | undefined;
  let closing: Promise<void> | undefined;

  const runRoutes: Step = (request, response, next) => {
    const arrival = { expectsContinue: false, bound: undefined, otherwise: () => next() };
    dispatch(request, response, arrival);
  };
  const runApp: Step = (request, response, next) => {
    if (passOn.has(request)) {
      next();
      return;
    }
    const otherwise = (open: () => Exchange): void => passOn.fromApp(open(), next);
    dispatch(request, response, { expectsContinue: false, bound: undefined, otherwise });
  };

  const makeListener = (bound: Exposure): NodeListener =>
    createNodeListener({
      onRequest: (request, response, expectsContinue) => {
        const otherwise = (open: () => Exchange): void => passOn.fromListener(open(), app, bound);
        dispatch(request, response, { expectsContinue, bound, otherwise });
      },
      onExpectation: (request, response) => refuseExpectation(request, response, replies),
      onUpgrade: (request, socket, head) => dispatchUpgrade(request, socket, head, bound),
      requestTimeoutMs: settings.requestTimeoutMs,
    });

  const listen = async (listenOptions: ListenOptions = {}): Promise<ListenAddress> => {
    const address = await resolveBindAddress(listenOptions);
    if (closing !== undefined) throw new Error("The server is closed: make a new one.");
    if (listener !== undefined) throw new Error("The server is listening already.");
    const isPublic = address.exposure === "bound-public";
    const authenticated = settings.authenticate !== undefined;
    if (isPublic) {
      const rows = [...options.routes, ...upgradeRows];
      const { exposeErrors } = settings;
      assertPublicBind({ host: address.name, routes: rows, authenticated, exposeErrors });
    }
    const starting = makeListener(address.exposure);
    listener = starting;
    let where: ListenAddress;
    try {
      where = await starting.listen(address);
    } catch (error) {
      listener = undefined;
      throw error;
    }
    if (isPublic && !authenticated) {
      logger.warn(
        { host: where.host, port: where.port },
        "Listening on a public address without authentication: everybody who reaches it can call the agent.",
      );
    }
    return where;
  };

  return {
    get app() {
      app ??= createExpressApp(runApp, (...end) => passOn.finish(...end));
      return app;
    },
    get router() {
      router ??= createExpressRouter(runRoutes);
      return router;
    },
    upgrade: (request, socket, head) => dispatchUpgrade(request, socket, head, undefined),
    listen,
    close(closeOptions = {}) {
      if (closing !== undefined) return closing;
      const graceMs = milliseconds("graceMs", 0, closeOptions.graceMs ?? settings.drainMs);
      const { fallback } = settings;
      closing = drainServer({ lifecycle, webSockets, listener, fallback, logger }, graceMs);
      return closing;
    },
    draining: lifecycle.draining,
    ready: () => !lifecycle.draining.aborted && (settings.fallback?.ready() ?? true),
  };
}
