import { join } from "node:path";
import { createAgentServer } from "@wheelhouse/agent-server";
import type { Agent, Logger } from "@wheelhouse/core";
import { setTimeout as delay } from "node:timers/promises";
import { isStoreUnavailableError, type Store } from "@wheelhouse/store";
import type { ServerConfig } from "./config/server-config.js";
import { chatProxy } from "./chat-proxy.js";
import { loadAgentModule } from "./loader/load-agent-module.js";
import { openTracing } from "./open-tracing.js";
import { lineLogger } from "./output/line-logger.js";
import { StartError } from "./start-error.js";

/** Milliseconds that the last spans of a server that closes have in any case. */
const LAST_SPANS_MS = 500;

/** An agent as the ready message names it. */
export interface ServedAgent {
  readonly name: string;
  /** The halves the module has; a missing one may be derived. */
  readonly handlers: readonly ("invoke" | "stream")[];
}

/** Where a server listens and what it serves. Plain data. */
export interface Listening {
  /** `http://HOST:PORT` with the port that was really taken. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly agents: readonly ServedAgent[];
}

/** A server in this process. */
export interface RunningServer extends Listening {
  /** Refuses new work, lets running work end within `graceMs` (default: the configuration's), closes (B55). */
  close(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Loads the agent module and serves it in this process. `workers` and `reload` are not for this function:
 * the command starts the processes they need.
 * @throws StartError when the module does not load or the address cannot be taken.
 */
export async function serve(
  config: ServerConfig,
  options: { logger?: Logger } = {},
): Promise<RunningServer> {
  const logger = options.logger ?? lineLogger({ json: config.json });
  const { agents, path: file } = await loadAgentModule(config.module, { cwd: config.cwd });
  const store = config.store ? await openStore(config, logger) : undefined;
  const tracing = openTracing(config, logger);
  const server = createAgentServer({
    agents,
    logger,
    tracer: tracing.tracer,
    routes: tracing.routes,
    store,
    storeResponses: config.store,
    responseRetentionMs: config.retentionMs,
    leaseMs: config.leaseMs,
    // Several projects may share one state directory: each takes up its own runs only.
    recoveryScope: file,
    exposeErrors: config.exposeErrors,
    bodyLimit: config.bodyLimit,
    allowedHosts: [...config.allowedHosts],
    allowedOrigins: [...config.allowedOrigins],
    trustedProxies: [...config.trustedProxies],
    chatProxy: await chatProxy(config, logger),
    drainMs: config.graceMs,
    openapi: config.openapi,
    ...(config.name !== undefined && { name: config.name }),
    ...(config.timeoutMs !== undefined && { timeoutMs: config.timeoutMs }),
    ...(config.staticPrefix !== undefined && { staticPrefix: config.staticPrefix }),
  });
  try {
    const { url, host, port } = await server.listen({ host: config.host, port: config.port });
    return {
      url,
      host,
      port,
      agents: agents.map(served),
      async close({ graceMs = config.graceMs } = {}) {
        const began = performance.now();
        await server.close({ graceMs });
        await store?.close();
        // A backend that does not answer has what is left of the grace, and a moment in any case.
        const left = Math.max(LAST_SPANS_MS, graceMs - (performance.now() - began));
        await Promise.race([tracing.close(), delay(left, undefined, { ref: false })]);
      },
    };
  } catch (error) {
    await server.close({ graceMs: 0 });
    await store?.close();
    await tracing.close();
    throw addressError(error, config);
  }
}

/** What needs the file is loaded only where it is asked for. */
async function openStore(config: ServerConfig, logger: Logger): Promise<Store> {
  const { createSqliteStore } = await import("@wheelhouse/store/sqlite");
  try {
    const path = join(config.stateDir, "state.db");
    return createSqliteStore({
      path,
      logger,
      finishedLogMs: config.retentionMs,
      idleLogMs: config.retentionMs,
    });
  } catch (error) {
    if (!isStoreUnavailableError(error)) throw error;
    throw new StartError(
      "state",
      `${error.message} (--state-dir chooses another folder, --no-store does without.)`,
      { cause: error },
    );
  }
}

function served({ name, invoke, stream }: Agent): ServedAgent {
  const handlers: ("invoke" | "stream")[] = [];
  if (invoke !== undefined) handlers.push("invoke");
  if (stream !== undefined) handlers.push("stream");
  return { name, handlers };
}

function addressError(error: unknown, { host, port }: ServerConfig): unknown {
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is in use: stop the program that has it, or choose another port (--port 0 takes a free one).`,
    EACCES: `Port ${port} on ${host} needs more rights than this user has: choose a port from 1024 on (--port).`,
    EADDRNOTAVAIL: `This machine has no address ${host}: choose one that it has (--host).`,
    ENOTFOUND: `The host ${host} has no address: check its spelling (--host).`,
    EAI_AGAIN: `The host ${host} could not be looked up (--host).`,
  };
  const remedy = remedies[errorCode(error) ?? ""];
  return remedy === undefined ? error : new StartError("address", remedy, { cause: error });
}

/** The system's code of an error or of what caused it. */
function errorCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string" && /^E[A-Z_]+$/.test(at.code)) return at.code;
  }
  return undefined;
}
