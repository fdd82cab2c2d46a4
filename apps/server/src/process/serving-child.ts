import { type ChildProcess, fork } from "node:child_process";
import cluster from "node:cluster";
import type { ServerConfig } from "../config/server-config.js";
import { execArgvFor } from "../loader/typescript-loader.js";
import type { Listening } from "../serve.js";
import { servingProgram } from "../serving-program.js";
import { StartError } from "../start-error.js";
import { isFromChild, type ToChild } from "./messages.js";

/** How a serving process ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A serving process of this one. */
export interface ServingChild {
  readonly pid: number | undefined;
  /** Settles when it takes requests; rejects with a StartError when it ends before that. */
  readonly listening: Promise<Listening>;
  readonly exit: Promise<ChildExit>;
  /** Ends it: orderly within the grace, then by force. Settles when it is gone. */
  stop(graceMs: number): Promise<ChildExit>;
  /** Ends it by force. */
  kill(): void;
}

/** What a child needs beyond its grace to close and to end. */
const MARGIN_MS = 1_500;

/**
 * Starts a serving process.
 * @param module the agent module's absolute path: it decides about the TypeScript loader.
 * @param shared whether it takes its port together with others, by `node:cluster`.
 */
export function startServingChild(
  config: ServerConfig,
  module: string,
  shared: boolean,
): ServingChild {
  const child = shared ? forkWorker(module) : forkAlone(module);
  const exit = new Promise<ChildExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    // A process that could not be started at all has no exit.
    child.once("error", () => {
      if (child.pid === undefined) resolve({ code: 1, signal: null });
    });
  });
  const listening = new Promise<Listening>((resolve, reject) => {
    child.on("message", (message) => {
      if (!isFromChild(message)) return;
      if (message.wheelhouse === "listening") resolve(message.at);
      else reject(new StartError(message.kind, message.message));
    });
    void exit.then(({ code, signal }) =>
      reject(
        new StartError(
          "process",
          `The serving process ended while it started (${signal ?? `exit code ${code}`}).`,
          { cause: CRASHED },
        ),
      ),
    );
  });
  // Whoever waits for `listening` sees the failure; one that nobody waits for any more is none.
  listening.catch(() => {});

  const send = (message: ToChild): void => {
    if (child.connected) child.send(message, undefined, undefined, () => {});
  };
  send({ wheelhouse: "serve", config: { ...config, module } });

  return {
    pid: child.pid,
    listening,
    exit,
    stop(graceMs) {
      send({ wheelhouse: "stop", graceMs });
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs + MARGIN_MS);
      return exit.finally(() => clearTimeout(timer));
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

const CRASHED = Symbol("crashed");

/** Whether a child said nothing before it ended: what went wrong may not happen the next time. */
export function isCrash(error: unknown): boolean {
  return error instanceof StartError && error.cause === CRASHED;
}

/** `node:cluster` gives each worker's inspector a port of its own; a lone child must not take its parent's. */
function forkAlone(module: string): ChildProcess {
  const execArgv = execArgvFor(module);
  const inspected = execArgv.some((argument) => argument.startsWith("--inspect"));
  return fork(servingProgram(), [], {
    execArgv: inspected ? [...execArgv, "--inspect-port=0"] : execArgv,
  });
}

function forkWorker(module: string): ChildProcess {
  // With Node's round robin the primary takes the connections: one that it was handing to a worker that is
  // killed stays open for ever, with nobody to answer it. Workers that accept for themselves lose only their own.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: servingProgram(), args: [], execArgv: execArgvFor(module) });
  return cluster.fork().process;
}
