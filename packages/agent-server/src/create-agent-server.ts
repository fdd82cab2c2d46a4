import { idOnlyTracer, silentLogger } from "@wheelhouse/core";
import { createHttpServer, type HttpServer, type Route } from "@wheelhouse/http";
import { createMemoryStore } from "@wheelhouse/store";
import { createAgentDirectory } from "./agent-directory.js";
import { type AgentServerOptions, checkOptions } from "./options.js";
import { agentInfoRoute } from "./routes/agent-info.js";
import { healthRoutes } from "./routes/health.js";
import { agentInvocationsRoute, invocationsRoute } from "./routes/invocations.js";
import { modelRoutes } from "./routes/models.js";
import { openapiRoutes } from "./routes/openapi.js";
import { createResponseRoutes } from "./routes/responses.js";
import type { RouteContext } from "./routes/route-context.js";
import { createEngine } from "./run/engine.js";
import { safeTracer } from "./run/span.js";

/** Serves agents: on its own (`listen`), or inside somebody's Express app (`router`). */
export interface AgentServer extends HttpServer {
  /** The names of the agents served now. */
  agentNames(): string[];
}

/**
 * Makes a server of agents. Nothing listens yet.
 *
 * @throws TypeError naming the option that is wrong; Error where two agents have one name, or what was
 *   given is none.
 */
export function createAgentServer(options: AgentServerOptions = {}): AgentServer {
  checkOptions(options);
  const agentType = options.agentType === undefined ? "ResponsesAgent" : options.agentType;
  const agents = createAgentDirectory(options.agents, options.registry);
  // A store that was handed in belongs to whoever made it.
  const ownStore = options.store === undefined ? createMemoryStore() : undefined;
  const logger = options.logger ?? silentLogger;
  const draining = new AbortController();
  const engine = createEngine(options.store ?? ownStore!, {
    tracer: safeTracer(options.tracer ?? idOnlyTracer, logger),
    logger,
    exposeErrors: options.exposeErrors ?? false,
    timeoutMs: options.timeoutMs,
    draining: draining.signal,
  });
  const context: RouteContext = { agents, agentType, engine };

  const readiness = (): "ready" | "draining" | "unavailable" => {
    if (draining.signal.aborted) return "draining";
    return options.chatProxy?.ready() === false ? "unavailable" : "ready";
  };
  const routes: Route[] = [
    ...healthRoutes(readiness),
    agentInfoRoute(context, options.name),
    ...modelRoutes(context),
    invocationsRoute(context),
    agentInvocationsRoute(context),
    // MLflow's base agent has no /responses (B7).
    ...(agentType === null ? [] : createResponseRoutes(context)),
  ];
  const server = createHttpServer({
    ...options,
    routes: options.openapi === true ? [...routes, ...openapiRoutes(routes)] : routes,
    fallback: options.chatProxy,
  });
  server.draining.addEventListener("abort", () => draining.abort(server.draining.reason), {
    once: true,
  });

  return {
    get app() {
      return server.app;
    },
    get router() {
      return server.router;
    },
    upgrade: (request, socket, head) => server.upgrade(request, socket, head),
    draining: server.draining,
    ready: () => server.ready(),
    listen: (address) => server.listen(address),
    agentNames: () => agents.list().map(({ name }) => name),
    async close(closing) {
      const began = performance.now();
      await server.close(closing);
      // Runs whose clients have left are no requests any more: they have the rest of the grace.
      const graceMs = closing?.graceMs ?? options.drainMs ?? 30_000;
      await engine.close(Math.max(0, graceMs - (performance.now() - began)));
      await agents.close();
      await ownStore?.close();
    },
  };
}
