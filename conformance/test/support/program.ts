import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { until } from "./until.js";

/** A running program; ended, with all that it started, at the end of an `await using` block. */
export interface RunningProgram extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  /** Where it said, for the first time, that it listens; throws when it ended before. */
  listening(): Promise<{ url: string; host: string; port: number }>;
  /** Asks it to end, as a supervisor does, and gives its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A built file of a package; the programs under test are what users get. */
export function builtFile(name: string, file: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const path = join(dirname(manifest), "dist", file);
  if (!existsSync(path)) throw new Error(`${path} is not there: build the packages first`);
  return path;
}

/** Starts the `wheelhouse` command. */
export const command = (...args: string[]): Promise<RunningProgram> =>
  program(builtFile("@wheelhouse/server", "main.js"), ...args, "--json");

/** Starts it with variables. */
export const commandWith = (
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<RunningProgram> =>
  start(builtFile("@wheelhouse/server", "main.js"), [...args, "--json"], env);

/** What a program prints when it listens: the command under `--json`, others in words. */
const LISTENING = /(?:"event":"listening","url":"|Listening on )(http:[^"\s]+)/;

/** Runs a script with Node, in an empty folder, without a variable that would change what it does. */
export const program = (script: string, ...args: string[]): Promise<RunningProgram> =>
  start(script, args, {});

async function start(
  script: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<RunningProgram> {
  const cwd = await mkdtemp(join(tmpdir(), "wheelhouse-program-"));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(?:WHEELHOUSE_|DATABRICKS_|VITEST|NODE_|CHAT_|PORT$|HOST$)/.test(name),
    ),
  );
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...env, WHEELHOUSE_HOME: cwd, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that nothing it started can be left behind.
    detached: true,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exited = once(child, "exit");
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    stderr: () => stderr,
    async listening() {
      await until("the program listens", () => LISTENING.test(stdout) || ended(), 30_000);
      const url = LISTENING.exec(stdout)?.[1];
      if (url === undefined) throw new Error(`the program ended: ${stderr}`);
      return { url, host: new URL(url).hostname, port: Number(new URL(url).port) };
    },
    async stop(signal = "SIGTERM") {
      if (!ended()) child.kill(signal);
      await exited;
      return child.exitCode;
    },
    async [Symbol.asyncDispose]() {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {
        // The group has ended by itself.
      }
      await exited;
      await rm(cwd, { recursive: true, force: true });
    },
  };
}
