import type { Registry } from "@wheelhouse/agent-sdk";
import type { Logger, Tracer } from "@wheelhouse/core";
import type { HttpServerOptions, Route } from "@wheelhouse/http";
import type { Store } from "@wheelhouse/store";

/** `"ResponsesAgent"` checks requests and results and serves `/responses`; `null` is MLflow's base agent. */
export type AgentType = "ResponsesAgent" | null;

/** Options that go to the HTTP layer as they are. */
type HttpOptions = Pick<
  HttpServerOptions,
  | "bodyLimit"
  | "staticPrefix"
  | "drainMs"
  | "authenticate"
  | "allowedHosts"
  | "allowedOrigins"
  | "trustedProxies"
  | "exposeErrors"
  | "logger"
>;

/** What {@link createAgentServer} takes. Everything has a default. */
export interface AgentServerOptions extends HttpOptions {
  /**
   * Handlers, instances of decorated classes, such classes, registries or ready agents; one or a list.
   * Default: the registry, as it is when a request comes.
   */
  readonly agents?: unknown;
  /** Serves where `agents` is not given. Default: the default registry. */
  readonly registry?: Registry | undefined;
  /** Default `"ResponsesAgent"`. */
  readonly agentType?: AgentType | undefined;
  /** For `/agent/info`, where `DATABRICKS_APP_NAME` is unset. Default: the only agent's own name, else `agent_server`. */
  readonly name?: string | undefined;
  /** Milliseconds a run may take, for agents that set no limit. Default: none (B54). */
  readonly timeoutMs?: number | undefined;
  /** Default: a bounded store in memory. */
  readonly store?: Store | undefined;
  /**
   * Whether responses are stored unless a request says `store: false`. False: none are, and what needs them
   * is refused (B81). Default true.
   */
  readonly storeResponses?: boolean | undefined;
  /** Milliseconds that responses and conversations are kept after they were last written to. Default 30 days. */
  readonly responseRetentionMs?: number | undefined;
  /**
   * Milliseconds without a sign of life after which the process of a stored run counts as dead, and another
   * one that shares the store takes the run over. Default 10,000.
   */
  readonly leaseMs?: number | undefined;
  /** Milliseconds that a WebSocket may be open. Default 60 minutes (Open Responses, M21). */
  readonly webSocketLifeMs?: number | undefined;
  /**
   * Which servers take over one another's runs: those with the same text. For a store that several different
   * servers share. Default "".
   */
  readonly recoveryScope?: string | undefined;
  /** Default: trace ids without recording. */
  readonly tracer?: Tracer | undefined;
  readonly logger?: Logger | undefined;
  /** Routes beside the server's own, under the same guards: those of the tracing package. Default: none. */
  readonly routes?: readonly Route[] | undefined;
  /** Takes what no route has: the chat proxy. */
  readonly chatProxy?: HttpServerOptions["fallback"];
  /** Serves `/openapi.json` and `/docs`. Default false (B71). */
  readonly openapi?: boolean | undefined;
}

/** Milliseconds that `setTimeout` can wait at most. */
const MAX_TIMEOUT_MS = 2_147_483_647;

/** What a timer takes. */
const TIMER: readonly [(value: unknown) => boolean, string] = [
  (value) => isMilliseconds(value) && (value as number) <= MAX_TIMEOUT_MS,
  `a number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`,
];

const isFlag = (value: unknown): boolean => typeof value === "boolean";
const isMilliseconds = (value: unknown): boolean => typeof value === "number" && value >= 1;
const isFunction = (value: unknown): boolean => typeof value === "function";
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");
const has =
  (...methods: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === "object" &&
    value !== null &&
    methods.every((method) => isFunction((value as Record<string, unknown>)[method]));

/** What options take that are told apart by their kind alone. */
const KINDS: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, what: string]>> =
  {
    exposeErrors: [isFlag, "true or false"],
    openapi: [isFlag, "true or false"],
    storeResponses: [isFlag, "true or false"],
    responseRetentionMs: [isMilliseconds, "a number of milliseconds from 1 up"],
    leaseMs: TIMER,
    webSocketLifeMs: TIMER,
    authenticate: [isFunction, "a function"],
    allowedHosts: [isTexts, "a list of strings"],
    allowedOrigins: [isTexts, "a list of strings"],
    trustedProxies: [isTexts, "a list of strings"],
    staticPrefix: [(value) => typeof value === "string", "a string"],
    recoveryScope: [(value) => typeof value === "string", "a string"],
    name: [(value) => typeof value === "string" && value !== "", "a string that is not empty"],
    logger: [has("debug", "info", "warn", "error"), "a logger"],
    tracer: [has("startSpan"), "a tracer"],
    store: [
      (value) => has("close")(value) && has("open", "append", "tail")((value as Store).log),
      "a store",
    ],
    routes: [(value) => Array.isArray(value), "a list of routes"],
    registry: [has("handlers"), "what createRegistry() gives"],
    chatProxy: [has("handle", "upgrade", "ready", "close"), "a proxy"],
  };

/** Throws a TypeError that names the option at fault and what it takes. */
export function checkOptions(options: AgentServerOptions): void {
  const { agentType, timeoutMs, agents, registry } = options;
  for (const [name, [fits, what]] of Object.entries(KINDS)) {
    const value = options[name as keyof AgentServerOptions];
    if (value !== undefined && !fits(value)) throw new TypeError(`${name} must be ${what}.`);
  }
  if (agentType !== undefined && agentType !== null && agentType !== "ResponsesAgent")
    throw new TypeError(`agentType must be "ResponsesAgent" or null, got ${String(agentType)}.`);
  if (
    timeoutMs !== undefined &&
    !(Number.isInteger(timeoutMs) && timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)
  )
    throw new TypeError(
      `timeoutMs must be a whole number of milliseconds from 1 to ${MAX_TIMEOUT_MS}, got ${timeoutMs}.`,
    );
  if (agents !== undefined && registry !== undefined)
    throw new TypeError("agents and registry cannot both be given: a registry goes into agents.");
}
