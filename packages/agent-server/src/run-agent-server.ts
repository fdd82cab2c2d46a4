import { spawn } from "node:child_process";
import cluster from "node:cluster";
import { parseArgs } from "node:util";
import type { AgentServerOptions } from "./options.js";
import { type AgentServer, createAgentServer } from "./create-agent-server.js";

/** What {@link runAgentServer} takes: a server's options, and defaults for its flags. */
export interface RunAgentServerOptions extends AgentServerOptions {
  /** Default 8000 (B56). */
  readonly port?: number | undefined;
  /** Default 127.0.0.1 (B57). */
  readonly host?: string | undefined;
}

/** Milliseconds a process may go on after its server has closed. */
const EXIT_MS = 1_000;

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly workers: number;
  readonly reload: boolean;
}

/**
 * MLflow's `run()` for a script of one's own: parses `--port --host --workers --reload`, serves until
 * SIGTERM or SIGINT, drains and exits with 0. With `--workers N` the script is run by N processes on one
 * port; with `--reload` by one that starts again when a file it has loaded changes. Resolves when the
 * server listens: with it, or with undefined in a process that only looks after the others.
 *
 * @throws TypeError naming the flag that is wrong.
 */
export async function runAgentServer(
  options: RunAgentServerOptions = {},
  argv: readonly string[] = process.argv.slice(2),
): Promise<AgentServer | undefined> {
  const flags = parseFlags(argv, options);
  if (flags.reload && process.env["WATCH_REPORT_DEPENDENCIES"] === undefined) {
    runWatched(argv);
    return undefined;
  }
  if (flags.workers > 1 && cluster.isPrimary) {
    runWorkers(flags.workers);
    return undefined;
  }
  const server = createAgentServer(options);
  const { url } = await server.listen({ port: flags.port, host: flags.host });
  if (!cluster.isWorker || cluster.worker?.id === 1) console.log(`Listening on ${url}`);
  const stop = (): void => {
    process.exitCode = 0;
    void server.close().finally(() => {
      cluster.worker?.disconnect();
      // An author that goes on after its run was stopped must not keep the process.
      setTimeout(() => process.exit(), EXIT_MS).unref();
    });
  };
  // A second signal ends the process at once; one that is looked after gets the first several times, from
  // the terminal and from its parent.
  const listen = cluster.isWorker || flags.reload ? "on" : "once";
  process[listen]("SIGTERM", stop)[listen]("SIGINT", stop);
  // A worker whose primary is gone has nobody left to end it.
  if (cluster.isWorker) process.once("disconnect", stop);
  return server;
}

function parseFlags(argv: readonly string[], defaults: RunAgentServerOptions): Flags {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: "string" },
      host: { type: "string" },
      workers: { type: "string" },
      reload: { type: "boolean" },
    },
  });
  return {
    port: wholeNumber("--port", values.port ?? String(defaults.port ?? 8000), 0, 65_535),
    host: values.host ?? defaults.host ?? "127.0.0.1",
    workers: wholeNumber("--workers", values.workers ?? "1", 1, 1024),
    reload: values.reload ?? false,
  };
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new TypeError(`${flag} takes a whole number from ${least} to ${most}, got "${text}".`);
}

/** Runs this script in N processes that share its port; one that dies while we run is replaced. */
function runWorkers(count: number): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exitCode = 1;
    // Who asks twice does not want to wait for the drain.
    for (const worker of Object.values(cluster.workers ?? {}))
      worker?.process.kill(stopping ? "SIGKILL" : signal);
    stopping = true;
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  let failedStarts = 0;
  cluster.on("listening", () => {
    failedStarts = 0;
  });
  cluster.on("exit", (_worker, code) => {
    if (stopping || code === 0) return;
    failedStarts++;
    if (failedStarts > count) {
      console.error(`The workers cannot start (exit code ${code}).`);
      process.exitCode = 1;
      stop("SIGTERM");
    } else setTimeout(() => stopping || cluster.fork(), 500 * failedStarts);
  });
  // Under Node's round robin a connection on its way to a worker that is killed would hang for good.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  for (let started = 0; started < count; started++) cluster.fork();
}

/** Runs this script under Node's own watch mode, which knows every file the script has loaded. */
function runWatched(argv: readonly string[]): void {
  const script = process.argv[1];
  if (script === undefined) throw new TypeError("--reload needs a script file to run again.");
  const args = [...process.execArgv, "--watch", "--watch-preserve-output", script, ...argv];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => child.kill(signal));
  child.once("exit", (code) => process.exit(code ?? 0));
}
