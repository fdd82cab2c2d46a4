import { idOnlyTracer, silentLogger } from "@wheelhouse/core";
import { createHttpServer, type HttpServer, type Route } from "@wheelhouse/http";
import { createMemoryStore } from "@wheelhouse/store";
import { createAgentDirectory } from "./agent-directory.js";
import { type AgentServerOptions, checkOptions } from "./options.js";
import { createStoredResponses } from "./responses/create-stored-responses.js";
import { agentInfoRoute } from "./routes/agent-info.js";
import { cancelResponseRoutes } from "./routes/cancel-response.js";
import { compactRoutes } from "./routes/compact.js";
import { conversationRoutes } from "./routes/conversations.js";
import { createResponseRoutes } from "./routes/create-response.js";
import { deleteResponseRoutes } from "./routes/delete-response.js";
import { healthRoutes } from "./routes/health.js";
import { agentInvocationsRoute, invocationsRoute } from "./routes/invocations.js";
import { modelRoutes } from "./routes/models.js";
import { openapiRoutes } from "./routes/openapi.js";
import { inputItemsRoutes } from "./routes/input-items.js";
import { inputTokensRoutes } from "./routes/input-tokens.js";
import { responseSocketRoutes } from "./routes/response-socket.js";
import { retrieveResponseRoutes } from "./routes/retrieve-response.js";
import type { RouteContext } from "./routes/route-context.js";
import { createEngine } from "./run/engine.js";
import { safeTracer } from "./run/span.js";

/** Serves agents: on its own (`listen`), or inside somebody's Express app (`router`). */
export interface AgentServer extends HttpServer {
  /** The names of the agents served now. */
  agentNames(): string[];
}

/** Milliseconds that runs which were stopped get to write how they ended. */
const LAST_WRITES_MS = 2_000;

/** Every route of the Responses API. */
function responsesRoutes(context: RouteContext): Route[] {
  return [
    ...createResponseRoutes(context),
    ...retrieveResponseRoutes(context),
    ...deleteResponseRoutes(context),
    ...cancelResponseRoutes(context),
    ...inputItemsRoutes(context),
    ...inputTokensRoutes(context),
    ...compactRoutes(context),
    ...conversationRoutes(context),
  ];
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
  const store = options.store ?? ownStore!;
  const engine = createEngine(store, {
    tracer: safeTracer(options.tracer ?? idOnlyTracer, logger),
    logger,
    exposeErrors: options.exposeErrors ?? false,
    timeoutMs: options.timeoutMs,
    draining: draining.signal,
  });
  // MLflow's base agent has no /responses (B7), and so nothing to store.
  const stored =
    agentType === null || options.storeResponses === false
      ? undefined
      : createStoredResponses({
          store,
          engine,
          agents,
          logger,
          retentionMs: options.responseRetentionMs ?? 30 * 86_400_000,
          leaseMs: options.leaseMs ?? 10_000,
          scope: options.recoveryScope ?? "",
        });
  const context: RouteContext = { agents, agentType, engine, logger, stored };

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
    ...(agentType === null ? [] : responsesRoutes(context)),
  ];
  const server = createHttpServer({
    ...options,
    routes: [
      ...routes,
      ...(options.openapi === true ? openapiRoutes(routes) : []),
      ...(options.routes ?? []),
    ],
    upgrades:
      agentType === null
        ? []
        : responseSocketRoutes(context, {
            exposeErrors: options.exposeErrors ?? false,
            lifeMs: options.webSocketLifeMs ?? 3_600_000,
          }),
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
      // A run that is taken over now would only be stopped again.
      stored?.end();
      await server.close(closing);
      // Runs whose clients have left are no requests any more: they have the rest of the grace.
      const graceMs = closing?.graceMs ?? options.drainMs ?? 30_000;
      await engine.close(Math.max(0, graceMs - (performance.now() - began)));
      await stored?.close(LAST_WRITES_MS);
      await agents.close();
      await ownStore?.close();
    },
  };
}
