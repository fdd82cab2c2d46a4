import { parseTrustedProxies } from "@wheelhouse/http";
import { allowedPathProblem, portOfTarget } from "@wheelhouse/proxy/config";
import { z } from "zod";
import {
  readBoolean,
  readBytes,
  readList,
  readNumber,
  readString,
  type ReadText,
} from "./read-text.js";

/** One setting and the three places it can be given in. Its key is the one of the configuration file. */
export interface Setting<Value = unknown> {
  /** As a person types it. */
  readonly flag: string;
  /** Variables, the first that is set wins. */
  readonly env: readonly string[];
  readonly readText: ReadText;
  readonly schema: z.ZodType<Value>;
  /** Ends the sentence "found …, wanted". */
  readonly wanted: string;
}

/** Timers of Node hold 31 bits of milliseconds. */
const LONGEST_SECONDS = 2_147_483;
/** A body becomes one string, and V8's longest has 2^29 - 24 characters. */
const LARGEST_BODY = 500 * 1024 ** 2;

const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[?[0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?\]?)$/i;
const HOST_HEADER = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const PREFIX = /^(?:\/[\w.~-]+)+\/?$/;

const setting = <Value>(
  flag: string,
  env: readonly string[],
  readText: ReadText,
  schema: z.ZodType<Value>,
  wanted: string,
): Setting<Value> => ({ flag, env, readText, schema, wanted });

const path = z
  .string()
  .min(1)
  .refine((value) => !value.includes("\0"));

/** The chat proxy's; the variables without our name are MLflow's. */
const CHAT_SETTINGS = {
  enableChatProxy: setting(
    "--chat-proxy",
    ["WHEELHOUSE_CHAT_PROXY"],
    readBoolean,
    z.union([z.boolean(), z.string().refine(isLocalTarget)]),
    "true, false, or a URL of this machine such as http://localhost:3000",
  ),
  chatProxyTimeout: setting(
    "--chat-proxy-timeout",
    ["CHAT_PROXY_TIMEOUT_SECONDS"],
    readNumber,
    z.number().min(0.001).max(LONGEST_SECONDS),
    `a number of seconds above 0 and at most ${LONGEST_SECONDS}`,
  ),
  chatAppPort: setting(
    "--chat-app-port",
    ["CHAT_APP_PORT"],
    readNumber,
    z.int().min(1).max(65_535),
    "a whole number from 1 to 65535",
  ),
  chatAllowedPaths: setting(
    "--chat-path",
    ["CHAT_PROXY_ALLOWED_EXACT_PATHS"],
    readList,
    z.array(z.string().refine(isForwardable)).max(1000),
    "paths such as /custom, separated by commas",
  ),
  chatAllowedPrefixes: setting(
    "--chat-prefix",
    ["CHAT_PROXY_ALLOWED_PATH_PREFIXES"],
    readList,
    z.array(z.string().refine(isForwardable)).max(1000),
    "path prefixes such as /custom/, separated by commas",
  ),
  chatIdentityHeaders: setting(
    "--chat-identity-headers",
    ["WHEELHOUSE_CHAT_IDENTITY_HEADERS"],
    readString,
    z.enum(["pass", "strip-untrusted"]),
    "pass or strip-untrusted",
  ),
  chatApp: setting(
    "--chat-app",
    ["WHEELHOUSE_CHAT_APP"],
    readString,
    z
      .string()
      .max(10_000)
      .refine((value) => value.trim() !== "" && !value.includes("\0")),
    'a command that starts the chat app, such as "npm run dev"',
  ),
  chatAppPreset: setting(
    "--chat-app-preset",
    ["WHEELHOUSE_CHAT_APP_PRESET"],
    readString,
    z.enum(["vite", "next"]),
    "vite or next",
  ),
} as const satisfies Record<string, Setting>;

/** Every setting of the command. */
export const SETTINGS = {
  module: setting(
    "the module",
    ["WHEELHOUSE_MODULE"],
    readString,
    path,
    "the path of an agent module",
  ),
  host: setting(
    "--host",
    ["WHEELHOUSE_HOST"],
    readString,
    z.string().max(255).regex(HOST),
    "an address or host name such as 127.0.0.1, ::1 or 0.0.0.0",
  ),
  port: setting(
    "--port",
    ["WHEELHOUSE_PORT", "PORT"],
    readNumber,
    z.int().min(0).max(65_535),
    "a whole number from 0 to 65535 (0 takes a free port)",
  ),
  workers: setting(
    "--workers",
    ["WHEELHOUSE_WORKERS"],
    readNumber,
    z.int().min(1).max(256),
    "a whole number from 1 to 256",
  ),
  reload: setting("--reload", ["WHEELHOUSE_RELOAD"], readBoolean, z.boolean(), "true or false"),
  ...CHAT_SETTINGS,
  exposeErrors: setting(
    "--expose-errors",
    ["WHEELHOUSE_EXPOSE_ERRORS"],
    readBoolean,
    z.boolean(),
    "true or false",
  ),
  staticPrefix: setting(
    "--static-prefix",
    ["WHEELHOUSE_STATIC_PREFIX"],
    readString,
    z
      .string()
      .max(1024)
      .regex(PREFIX)
      .refine((value) => !value.split("/").some((segment) => /^\.{1,2}$/.test(segment)))
      .transform((value) => value.replace(/\/$/, "")),
    "a path that starts with a slash, such as /my-app",
  ),
  stateDir: setting(
    "--state-dir",
    ["WHEELHOUSE_STATE_DIR", "WHEELHOUSE_HOME"],
    readString,
    path,
    "the path of a folder",
  ),
  store: setting("--no-store", ["WHEELHOUSE_STORE"], readBoolean, z.boolean(), "true or false"),
  retention: setting(
    "--retention",
    ["WHEELHOUSE_RETENTION"],
    readNumber,
    z.number().min(0.001).max(36_500),
    "a number of days above 0 and at most 36500",
  ),
  lease: setting(
    "--lease",
    ["WHEELHOUSE_LEASE"],
    readNumber,
    z.number().min(0.1).max(86_400),
    "a number of seconds from 0.1 to 86400",
  ),
  name: setting(
    "--name",
    ["WHEELHOUSE_NAME"],
    readString,
    z
      .string()
      .max(200)
      .regex(/^\P{Cc}+$/u)
      .refine((value) => value.trim() !== ""),
    "a name of 1 to 200 characters on one line",
  ),
  timeout: setting(
    "--timeout",
    ["WHEELHOUSE_TIMEOUT"],
    readNumber,
    z.number().min(0.001).max(LONGEST_SECONDS),
    `a number of seconds above 0 and at most ${LONGEST_SECONDS}`,
  ),
  bodyLimit: setting(
    "--body-limit",
    ["WHEELHOUSE_BODY_LIMIT"],
    readBytes,
    // The file may give bytes as a number or, like a flag, as a text with a unit.
    z.preprocess(
      (value) => (typeof value === "string" ? readBytes(value) : value),
      z.int().min(1).max(LARGEST_BODY),
    ),
    "a number of bytes, or one with kb or mb such as 64mb, at most 500mb",
  ),
  allowedHosts: setting(
    "--allowed-host",
    ["WHEELHOUSE_ALLOWED_HOST"],
    readList,
    z.array(z.string().regex(HOST_HEADER).refine(isNoModule)).max(1000),
    "host names such as app.example or app.example:8443, without a scheme or path (the agent module comes before the flags)",
  ),
  trustedProxies: setting(
    "--trusted-proxy",
    ["WHEELHOUSE_TRUSTED_PROXY"],
    readList,
    z.array(z.string().refine(isAddressRange)).max(1000),
    "IP addresses and CIDR ranges such as 10.0.0.0/8",
  ),
  allowedOrigins: setting(
    "--allowed-origin",
    ["WHEELHOUSE_ALLOWED_ORIGIN"],
    readList,
    z.array(z.string().refine(isOrigin)).max(1000),
    "origins such as https://app.example, without a path",
  ),
  grace: setting(
    "--grace",
    ["WHEELHOUSE_GRACE"],
    readNumber,
    z.number().min(0).max(LONGEST_SECONDS),
    `a number of seconds from 0 to ${LONGEST_SECONDS}`,
  ),
  openapi: setting("--openapi", ["WHEELHOUSE_OPENAPI"], readBoolean, z.boolean(), "true or false"),
  json: setting("--json", ["WHEELHOUSE_JSON"], readBoolean, z.boolean(), "true or false"),
} as const satisfies Record<string, Setting>;

/** A key of the configuration file. */
export type SettingKey = keyof typeof SETTINGS;

/** What the sources together said, each value as its setting's schema gives it. */
export type SettingValues = {
  -readonly [Key in SettingKey]?: z.output<(typeof SETTINGS)[Key]["schema"]>;
};

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

/** Whether a text is a key of the configuration file. */
export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** A flag that takes a list also takes a module that follows it; no domain ends like one. */
function isNoModule(value: string): boolean {
  return !/\.(?:[cm]?[jt]s|[jt]sx)$/.test(value);
}

/** RFC 6454 section 6.2: scheme, host and port that is not the scheme's own. */
function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** The chat app is on this machine: nothing of a URL but its port is ever used. */
function isLocalTarget(value: string): boolean {
  return accepts(() => portOfTarget(value));
}

function isForwardable(value: string): boolean {
  return allowedPathProblem(value) === undefined;
}

function isAddressRange(value: string): boolean {
  return accepts(() => parseTrustedProxies([value]));
}

function accepts(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
