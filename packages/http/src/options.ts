import type { BlockList } from "node:net";
import { type Logger, silentLogger } from "@wheelhouse/core";
import type { Fallback } from "./fallback.js";
import type { Authenticate } from "./guards/guard-authentication.js";
import { parseAuthority } from "./peer/authority.js";
import { parseTrustedProxies } from "./peer/trusted-proxies.js";
import type { Route, UpgradeRoute } from "./route.js";

/** What a server is made of. */
export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly upgrades?: readonly UpgradeRoute[] | undefined;
  /** Bytes of a request's body and of a WebSocket message. Default 67,108,864 (64 MiB). */
  readonly bodyLimit?: number | undefined;
  /** Says who sends a request. Default: nobody is asked, and own routes are for this machine only. */
  readonly authenticate?: Authenticate | undefined;
  /** Names beside the local ones that a Host header may have: `host` for any port, or `host:port`. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of pages that may call from another site, one by one: `https://app.example.com`. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Addresses and CIDR ranges whose forwarding headers are believed. Default none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Every route answers under this path too: `/api`. Default none. */
  readonly staticPrefix?: string | undefined;
  /** Takes what no route has. Closed with the server. */
  readonly fallback?: Fallback | undefined;
  /** True: clients read the text of unexpected errors. Refused on a public bind. Default false. */
  readonly exposeErrors?: boolean | undefined;
  /** Default: nothing is logged. */
  readonly logger?: Logger | undefined;
  /** Milliseconds that running requests get when the server closes. Default 30,000. */
  readonly drainMs?: number | undefined;
  /** Milliseconds without progress after which a reader is let go of. Default 30,000 (B226). */
  readonly stallMs?: number | undefined;
  /** Milliseconds for a request to arrive whole; `listen` only. Default 120,000. */
  readonly requestTimeoutMs?: number | undefined;
}

/** Options with defaults, checked. */
export interface HttpSettings {
  readonly bodyLimit: number;
  readonly authenticate: Authenticate | undefined;
  readonly allowedHosts: ReadonlySet<string>;
  readonly allowedOrigins: ReadonlySet<string>;
  readonly trustedProxies: BlockList | undefined;
  /** "" without one; never ends with a slash. */
  readonly staticPrefix: string;
  readonly fallback: Fallback | undefined;
  readonly exposeErrors: boolean;
  readonly logger: Logger;
  readonly drainMs: number;
  readonly stallMs: number;
  readonly requestTimeoutMs: number;
}

const MIB = 1_048_576;

/**
 * Checks options and fills in defaults.
 *
 * @throws TypeError naming the option that cannot be used.
 */
export function resolveOptions(options: HttpServerOptions): HttpSettings {
  return {
    bodyLimit: wholeNumber("bodyLimit", 0, options.bodyLimit ?? 64 * MIB),
    authenticate: options.authenticate,
    allowedHosts: new Set((options.allowedHosts ?? []).map(hostEntry)),
    allowedOrigins: new Set((options.allowedOrigins ?? []).map(originEntry)),
    trustedProxies:
      options.trustedProxies === undefined || options.trustedProxies.length === 0
        ? undefined
        : parseTrustedProxies(options.trustedProxies),
    staticPrefix: prefixEntry(options.staticPrefix ?? ""),
    fallback: options.fallback,
    exposeErrors: options.exposeErrors ?? false,
    logger: options.logger ?? silentLogger,
    drainMs: milliseconds("drainMs", 0, options.drainMs ?? 30_000),
    stallMs: milliseconds("stallMs", 1, options.stallMs ?? 30_000),
    requestTimeoutMs: milliseconds("requestTimeoutMs", 1, options.requestTimeoutMs ?? 120_000),
  };
}

function wholeNumber(name: string, least: number, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`${name} must be a whole number of at least ${least}, not ${String(value)}.`);
}

/** A timer set for longer than this fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Checks a time. */
export function milliseconds(name: string, least: number, value: number): number {
  return Math.min(LONGEST_TIMER_MS, wholeNumber(name, least, value));
}

function hostEntry(entry: string): string {
  const authority = parseAuthority(entry.trim());
  if (authority === undefined || authority.name.includes("*")) {
    throw new TypeError(
      `allowedHosts takes names such as app.example.com or app.example.com:8000, not "${entry}".`,
    );
  }
  return authority.port === "" ? authority.name : `${authority.name}:${authority.port}`;
}

function originEntry(entry: string): string {
  const origin = entry.trim().toLowerCase().replace(/\/$/, "");
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/\s*]+$/.test(origin)) {
    throw new TypeError(
      `allowedOrigins takes origins such as https://app.example.com, not "${entry}".`,
    );
  }
  return origin;
}

function prefixEntry(entry: string): string {
  const prefix = entry.replace(/\/+$/, "");
  if (prefix === "" || /^(?:\/[\w.~-]+)+$/.test(prefix)) return prefix;
  throw new TypeError(`staticPrefix must start with / and be a plain path, not "${entry}".`);
}
