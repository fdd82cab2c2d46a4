import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { portOfTarget } from "@wheelhouse/proxy/config";
import { ConfigError, type ConfigProblem } from "./config-error.js";
import { isLoopback } from "./is-loopback.js";
import { nearest } from "./nearest.js";
import { readConfigFile } from "./read-config-file.js";
import type { ChatProxyConfig, ServerConfig } from "./server-config.js";
import {
  isSettingKey,
  SETTING_KEYS,
  type SettingKey,
  SETTINGS,
  type SettingValues,
} from "./settings.js";

/** Where a configuration comes from. */
export interface ConfigInput {
  readonly command: "dev" | "start";
  /** By setting key; a text is read as on the command line. */
  readonly flags?: Readonly<Partial<Record<SettingKey | "config", unknown>>>;
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the process's. */
  readonly cwd?: string;
}

/** What was read so far. */
interface Found {
  readonly values: SettingValues;
  /** Where the value of a key came from, as the person wrote it. */
  readonly sources: Map<SettingKey, string>;
  readonly problems: ConfigProblem[];
}

const DAY_MS = 86_400_000;

const CONFIG_FILE = "wheelhouse.config.json";

/**
 * Flags, else environment, else configuration file, else defaults.
 * @throws ConfigError that names every problem of every source.
 */
export function resolveConfig(input: ConfigInput): ServerConfig {
  const { command, flags = {}, env = process.env } = input;
  const cwd = resolve(input.cwd ?? process.cwd());
  const problems: ConfigProblem[] = [];

  const given = flags.config ?? (env["WHEELHOUSE_CONFIG"] || undefined);
  const configFile = resolve(cwd, typeof given === "string" ? given : CONFIG_FILE);
  const file = readConfigFile(configFile);
  if (file === undefined && given !== undefined) {
    const source = flags.config === undefined ? "WHEELHOUSE_CONFIG" : "--config";
    problems.push({ source, problem: `there is no file ${configFile}` });
  }
  if (file !== undefined && "problem" in file) {
    problems.push({ source: configFile, problem: file.problem });
  }
  const entries = file !== undefined && "entries" in file ? file.entries : {};

  const found: Found = { values: {}, sources: new Map(), problems };
  readFileEntries(entries, configFile, found);
  readEnvironment(env, flags, found);
  readFlags(flags, found);
  const { values, sources } = found;
  const chatProxy = chatProxyConfig(found);

  const host = (values.host ?? "127.0.0.1").replace(/^\[(.*)\]$/, "$1");
  if (values.exposeErrors === true && !isLoopback(host)) {
    problems.push({
      source: sources.get("exposeErrors") ?? "--expose-errors",
      problem: `it would show the text of errors to anyone who reaches ${host}: leave it out (--no-expose-errors) and read the log, or bind --host 127.0.0.1`,
    });
  }

  const home = env["HOME"] || homedir();
  const stateDir = resolve(cwd, expandHome(values.stateDir ?? join(home, ".wheelhouse"), home));
  const stateProblem = checkFolder(stateDir);
  if (stateProblem !== undefined) {
    problems.push({ source: sources.get("stateDir") ?? "HOME", problem: stateProblem });
  }

  if (problems.length > 0) throw new ConfigError(problems);
  const dev = command === "dev";
  return {
    command,
    cwd,
    module: values.module === undefined ? undefined : modulePath(values.module, cwd),
    host,
    port: values.port ?? 8000,
    workers: values.workers ?? 1,
    reload: values.reload ?? dev,
    exposeErrors: values.exposeErrors ?? (dev && isLoopback(host)),
    staticPrefix: values.staticPrefix,
    stateDir,
    store: values.store ?? true,
    retentionMs: Math.round((values.retention ?? 30) * DAY_MS),
    leaseMs: Math.round((values.lease ?? 10) * 1000),
    name: values.name,
    timeoutMs: values.timeout === undefined ? undefined : Math.round(values.timeout * 1000),
    bodyLimit: values.bodyLimit ?? 64 * 1024 ** 2,
    allowedHosts: values.allowedHosts ?? [],
    allowedOrigins: values.allowedOrigins ?? [],
    trustedProxies: values.trustedProxies ?? [],
    chatProxy,
    graceMs: Math.round((values.grace ?? (dev ? 3 : 30)) * 1000),
    openapi: values.openapi ?? false,
    json: values.json ?? false,
    configFile: file === undefined ? undefined : configFile,
  };
}

function readFlags(flags: NonNullable<ConfigInput["flags"]>, into: Found): void {
  for (const key of SETTING_KEYS) {
    const found = flags[key];
    if (found === undefined) continue;
    const { flag, readText } = SETTINGS[key];
    const value = typeof found === "string" ? readText(found) : found;
    accept(into, key, value, { source: flag, found });
  }
}

function readEnvironment(
  env: NonNullable<ConfigInput["env"]>,
  flags: NonNullable<ConfigInput["flags"]>,
  into: Found,
): void {
  for (const key of SETTING_KEYS) {
    // An empty variable is how a shell or a compose file unsets one.
    const source = SETTINGS[key].env.find((name) => (env[name] ?? "") !== "");
    // PORT belongs to other programs too: it only counts, and only can be wrong, when it is used.
    if (source === undefined || (source === "PORT" && flags.port !== undefined)) continue;
    const found = env[source]!;
    accept(into, key, SETTINGS[key].readText(found), { source, found });
  }
}

function readFileEntries(
  entries: Readonly<Record<string, unknown>>,
  path: string,
  into: Found,
): void {
  for (const [key, found] of Object.entries(entries)) {
    const source = `${path}: ${JSON.stringify(key)}`;
    if (isSettingKey(key)) {
      accept(into, key, found, { source, found });
    } else {
      const meant = nearest(key, SETTING_KEYS);
      const hint =
        meant === undefined ? `known keys: ${SETTING_KEYS.join(", ")}` : `did you mean "${meant}"?`;
      into.problems.push({ source, problem: `there is no such key; ${hint}` });
    }
  }
  // The file's own paths are relative to the file: it means the same from every folder.
  const { values } = into;
  const folder = dirname(path);
  if (values.module !== undefined) values.module = modulePath(values.module, folder);
  if (values.stateDir !== undefined && !values.stateDir.startsWith("~")) {
    values.stateDir = resolve(folder, values.stateDir);
  }
}

function accept(
  into: Found,
  key: SettingKey,
  value: unknown,
  from: { source: string; found: unknown },
): void {
  const parsed = SETTINGS[key].schema.safeParse(value);
  if (parsed.success) {
    Object.assign(into.values, { [key]: parsed.data });
    into.sources.set(key, from.source);
  } else {
    into.problems.push({
      source: from.source,
      problem: `found ${shown(from.found)}, wanted ${SETTINGS[key].wanted}`,
    });
  }
}

function shown(found: unknown): string {
  const text = JSON.stringify(found) ?? String(found);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** The chat proxy's part; undefined when it is off. Its settings are checked either way (B121). */
function chatProxyConfig({ values, sources, problems }: Found): ChatProxyConfig | undefined {
  const { enableChatProxy = values.chatApp !== undefined } = values;
  if (enableChatProxy === false) {
    if (values.chatApp !== undefined) {
      problems.push({
        source: sources.get("chatApp") ?? "--chat-app",
        problem: `nobody could reach the chat app: ${sources.get("enableChatProxy") ?? "--chat-proxy"} turns the proxy off`,
      });
    }
    return undefined;
  }
  const port = typeof enableChatProxy === "string" ? portOfTarget(enableChatProxy) : undefined;
  const { chatProxyTimeout } = values;
  return {
    port: port ?? values.chatAppPort ?? 3000,
    firstByteTimeoutMs:
      chatProxyTimeout === undefined ? 300_000 : Math.round(chatProxyTimeout * 1000),
    allowedExactPaths: values.chatAllowedPaths ?? [],
    allowedPathPrefixes: values.chatAllowedPrefixes ?? [],
    preset: values.chatAppPreset,
    identityHeaders: values.chatIdentityHeaders ?? "pass",
    command: values.chatApp,
  };
}

function modulePath(path: string, folder: string): string {
  return path.startsWith("file:") && URL.canParse(path)
    ? fileURLToPath(path)
    : resolve(folder, path);
}

function expandHome(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path;
}

function checkFolder(path: string): string | undefined {
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  if (statSync(existing, { throwIfNoEntry: false })?.isDirectory() !== false) return undefined;
  return existing === path
    ? `found ${path}, which is a file, wanted a folder`
    : `found ${path}, but ${existing} is a file`;
}
