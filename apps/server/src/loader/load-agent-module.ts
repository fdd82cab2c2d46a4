import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { resolveAgents } from "@wheelhouse/agent-sdk";
import { type Agent, errorText } from "@wheelhouse/core";
import { StartError } from "../start-error.js";
import { findAgentModule } from "./find-agent-module.js";
import { hasTypescriptLoader, needsTypescriptLoader } from "./typescript-loader.js";

/** Longer than any model or index takes to load; a module that never settles ends here. */
const LOAD_LIMIT_MS = 120_000;
/** Milliseconds for Node to find the place of a syntax error. */
const SYNTAX_LIMIT_MS = 5_000;

/** An agent module and what it serves. */
export interface AgentModule {
  /** Absolute. */
  readonly path: string;
  readonly agents: Agent[];
}

/** Where {@link loadAgentModule} looks and how long it waits. */
export interface LoadAgentModuleOptions {
  /** Default: the process's. */
  readonly cwd?: string;
  /** Milliseconds for the module's own top-level code; default 120,000. */
  readonly limitMs?: number;
}

/**
 * Imports an agent module, TypeScript and standard decorators included, and finds its agents among its exports,
 * else in the default registry. In a process started without a TypeScript loader one is registered when the
 * module needs it; the module's worker threads then run JavaScript only.
 * @throws StartError when there is no such module, when it throws (with its stack) or when it has no agent.
 */
export async function loadAgentModule(
  module?: string,
  options: LoadAgentModuleOptions = {},
): Promise<AgentModule> {
  const path = findAgentModule(module, options.cwd ?? process.cwd());
  if (needsTypescriptLoader(path) && !hasTypescriptLoader()) await registerTypescriptLoader();
  const exports = await importWithin(path, options.limitMs ?? LOAD_LIMIT_MS);
  try {
    return { path, agents: resolveAgents(exports, { fallbackToDefaultRegistry: true }) };
  } catch (error) {
    throw new StartError("module", `${path}: ${errorText(error)}`, { cause: error });
  }
}

let registered: Promise<void> | undefined;

function registerTypescriptLoader(): Promise<void> {
  registered ??= import("tsx/esm/api").then(({ register }) => void register());
  return registered;
}

async function importWithin(path: string, limitMs: number): Promise<Record<string, unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // The timer also keeps the process alive: without it Node ends, silently, when a top-level await never settles.
    timer = setTimeout(() => {
      const told = `${path} did not finish loading within ${limitMs / 1000} s: does it await something that never comes?`;
      reject(new StartError("module", told));
    }, limitMs);
  });
  try {
    const namespace: object = await Promise.race([
      import(pathToFileURL(path).href) as Promise<object>,
      late,
    ]);
    return { ...namespace };
  } catch (error) {
    if (error instanceof StartError) throw error;
    const place = error instanceof SyntaxError ? await syntaxErrorPlace(path) : "";
    const told = `${path} failed to load:\n${place}${describe(error)}`;
    throw new StartError("module", told, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Where the module itself cannot be parsed, as three lines that end with a blank one; "" when the fault is in what
 * it imports. Node tells this place to its own error output alone, so it is asked in a process of its own.
 */
function syntaxErrorPlace(path: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout: SYNTAX_LIMIT_MS };
    execFile(process.execPath, ["--check", path], options, (_error, _stdout, stderr) => {
      resolve(/^.+:\d+\n.*\n *\^+\n\n(?=SyntaxError: )/.exec(stderr)?.[0] ?? "");
    });
  });
}

/** The author's own stack, without Node's frames and ours: the command is their tool, so nothing is hidden. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return errorText(error);
  const stack = error.stack ?? "";
  const frames = stack.split("\n").filter((line) => /^ {4}at /.test(line));
  const ours = frames.findIndex((line) => line.includes(`at async ${importWithin.name} `));
  const theirs = frames
    .slice(0, ours === -1 ? undefined : ours)
    .filter((line) => !/[ (]node:/.test(line));
  // A syntax error's stack begins with the place, which its message lacks.
  const head = stack.slice(0, Math.max(0, stack.indexOf("\n    at "))) || stack;
  const told = head.includes(error.message) ? head : `${error.name}: ${error.message}\n${head}`;
  const text = [told, ...theirs].join("\n");
  return error.cause === undefined ? text : `${text}\nCaused by: ${describe(error.cause)}`;
}
