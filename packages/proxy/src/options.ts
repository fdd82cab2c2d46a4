import { type Logger, silentLogger, type Tracer } from "@wheelhouse/core";
import { parseTrustedProxies } from "@wheelhouse/http";
import type { BlockList } from "node:net";
import { type AllowList, createAllowList, DEFAULT_ALLOWED_PATHS } from "./path/allow-list.js";
import { type ChatAppPreset, PRESETS } from "./path/presets.js";
import { portOfTarget, type ProxyTarget } from "./upstream/target.js";

/** What {@link createProxy} takes. */
export interface ProxyOptions {
  /** The chat app: a port of this machine, or a URL such as `http://127.0.0.1:3000`. Default 3000. */
  readonly target?: ProxyTarget | undefined;
  /** Whole paths to forward, beside the default ones: `/`, `/favicon.ico`, `/ping`. */
  readonly allowedExactPaths?: readonly string[] | undefined;
  /** Paths below which everything is forwarded, beside the default ones: `/assets/`, `/api/`, `/chat/`. */
  readonly allowedPathPrefixes?: readonly string[] | undefined;
  /** False leaves the default paths out. Default true. */
  readonly allowDefaultPaths?: boolean | undefined;
  /** Adds what a development server needs. Default none. */
  readonly preset?: ChatAppPreset | undefined;
  /** Whether WebSocket upgrades are forwarded, on the same paths. Default true. */
  readonly allowUpgrades?: boolean | undefined;
  /** Origins, beside the server's own, whose pages may open WebSockets. Default: the server's `allowedOrigins`. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Addresses and CIDR ranges whose forwarding headers are believed. Default: the server's `trustedProxies`. */
  readonly trustedProxies?: readonly string[] | undefined;
  /**
   * `"pass"`: Authorization and `x-forwarded-access-token`, `-user` and the like reach the app, whoever sent
   * them. `"strip-untrusted"`: only when a trusted proxy sent them. Default `"pass"` (B122).
   */
  readonly identityHeaders?: "pass" | "strip-untrusted" | undefined;
  /** Bytes of a request's body. Default 67,108,864 (64 MiB). */
  readonly bodyLimit?: number | undefined;
  /** Milliseconds to connect. Default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Milliseconds from the request's end to the answer's head. Default 300,000 (B117). */
  readonly firstByteTimeoutMs?: number | undefined;
  /**
   * Milliseconds in which a body, either way, may stand still. Default 300,000. An event stream that has nothing
   * to say is not standing still (B118); a client that does not read it is.
   */
  readonly idleTimeoutMs?: number | undefined;
  /** Milliseconds without a byte either way after which a WebSocket is closed. Default 3,600,000 (1 h). */
  readonly tunnelIdleTimeoutMs?: number | undefined;
  /** WebSockets at the same time; one more is refused with 503. Default 1,000. */
  readonly maxTunnels?: number | undefined;
  /** `"pass"`: `handle` leaves requests that are not allowed to what comes next. Default `"refuse"`: 404. */
  readonly notAllowed?: "refuse" | "pass" | undefined;
  /** True: `ready()` is false until the app answers and while it does not. Default false. */
  readonly awaitTarget?: boolean | undefined;
  /** Makes a span of each forwarded request and sends its `traceparent` on. Default: none. */
  readonly tracer?: Tracer | undefined;
  /** Default: nothing is logged. */
  readonly logger?: Logger | undefined;
}

/** Options with defaults, checked. */
export interface ProxySettings {
  readonly port: number;
  readonly allowed: AllowList;
  readonly allowUpgrades: boolean;
  readonly allowedOrigins: ReadonlySet<string> | undefined;
  readonly trustedProxies: BlockList | undefined;
  readonly stripIdentity: boolean;
  readonly bodyLimit: number;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly tunnelIdleTimeoutMs: number;
  readonly maxTunnels: number;
  readonly passesOn: boolean;
  readonly awaitTarget: boolean;
  readonly tracer: Tracer | undefined;
  readonly logger: Logger;
}

const DEFAULT_PORT = 3000;
const MIB = 1_048_576;
/** A timer set for longer than this fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Checks options and fills in defaults.
 *
 * @throws TypeError naming the option that cannot be used.
 */
export function resolveProxyOptions(options: ProxyOptions): ProxySettings {
  const logger = options.logger ?? silentLogger;
  const defaults =
    (options.allowDefaultPaths ?? true)
      ? DEFAULT_ALLOWED_PATHS
      : { exactPaths: [], pathPrefixes: [] };
  const preset = presetPaths(options.preset);
  const exactPaths = [...defaults.exactPaths, ...preset.exactPaths];
  const pathPrefixes = [...defaults.pathPrefixes, ...preset.pathPrefixes];
  return {
    port: portOfTarget(options.target ?? DEFAULT_PORT),
    allowed: createAllowList(
      {
        exactPaths: [...exactPaths, ...(options.allowedExactPaths ?? [])],
        pathPrefixes: [...pathPrefixes, ...(options.allowedPathPrefixes ?? [])],
      },
      (message) => logger.warn(message),
    ),
    allowUpgrades: options.allowUpgrades ?? true,
    allowedOrigins: originSet(options.allowedOrigins),
    trustedProxies:
      options.trustedProxies === undefined
        ? undefined
        : parseTrustedProxies(options.trustedProxies),
    stripIdentity:
      choice("identityHeaders", ["pass", "strip-untrusted"], options.identityHeaders) ===
      "strip-untrusted",
    bodyLimit: wholeNumber("bodyLimit", 0, options.bodyLimit ?? 64 * MIB),
    connectTimeoutMs: milliseconds("connectTimeoutMs", options.connectTimeoutMs ?? 5_000),
    firstByteTimeoutMs: milliseconds("firstByteTimeoutMs", options.firstByteTimeoutMs ?? 300_000),
    idleTimeoutMs: milliseconds("idleTimeoutMs", options.idleTimeoutMs ?? 300_000),
    tunnelIdleTimeoutMs: milliseconds(
      "tunnelIdleTimeoutMs",
      options.tunnelIdleTimeoutMs ?? 3_600_000,
    ),
    maxTunnels: wholeNumber("maxTunnels", 0, options.maxTunnels ?? 1_000),
    passesOn: choice("notAllowed", ["refuse", "pass"], options.notAllowed) === "pass",
    awaitTarget: options.awaitTarget ?? false,
    tracer: options.tracer,
    logger,
  };
}

function presetPaths(preset: ChatAppPreset | undefined): (typeof PRESETS)[ChatAppPreset] {
  if (preset === undefined) return { exactPaths: [], pathPrefixes: [] };
  if (Object.hasOwn(PRESETS, preset)) return PRESETS[preset];
  throw new TypeError(`preset must be vite or next, not ${JSON.stringify(preset)}.`);
}

function originSet(origins: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (origins === undefined) return undefined;
  return new Set(
    origins.map((entry) => {
      const origin = entry.trim().toLowerCase().replace(/\/$/, "");
      if (/^[a-z][a-z0-9+.-]*:\/\/[^/\s*]+$/.test(origin)) return origin;
      throw new TypeError(
        `allowedOrigins takes origins such as https://app.example.com, not "${entry}".`,
      );
    }),
  );
}

/** The first choice is the default. */
function choice<Name extends string>(
  name: string,
  choices: readonly [Name, ...Name[]],
  value: Name | undefined,
): Name {
  if (value === undefined) return choices[0];
  if (choices.includes(value)) return value;
  throw new TypeError(`${name} must be ${choices.join(" or ")}, not ${JSON.stringify(value)}.`);
}

function wholeNumber(name: string, least: number, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`${name} must be a whole number of at least ${least}, not ${String(value)}.`);
}

const milliseconds = (name: string, value: number): number =>
  Math.min(LONGEST_TIMER_MS, wholeNumber(name, 1, value));
