import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A service that runs for one test; disposing it stops it and removes its files. */
export interface RunningService extends AsyncDisposable {
  readonly url: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** For tests that stop (`SIGSTOP`) or kill it. */
  readonly pid: number;
}

export interface SpawnServiceOptions {
  /** Its output says so when it accepts connections. */
  readonly ready: RegExp;
  /** Asks it to end; what remains after 5 s is killed. */
  readonly stopSignal: NodeJS.Signals;
  /** Ends it at once, from the exit of this process. */
  readonly killSignal: NodeJS.Signals;
  readonly cwd: string;
  /** Beside the process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds it may take to be ready. Default 20,000. */
  readonly startMs?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

export interface SpawnedService extends AsyncDisposable {
  readonly pid: number;
}

const START_MS = 20_000;
const STOP_MS = 5_000;
/** Characters of output kept for an error message. */
const KEPT_OUTPUT = 16_384;

/**
 * Starts a service and resolves when its output matches `ready`. Rejects, with the end of its output,
 * when it exits before or is not ready in time. It does not outlive this process.
 */
export async function spawnService(
  command: string,
  args: readonly string[],
  options: SpawnServiceOptions,
): Promise<SpawnedService> {
  const { ready, stopSignal, killSignal, env, startMs = START_MS, ...spawnOptions } = options;
  const child = spawn(command, args, {
    ...spawnOptions,
    // Messages are matched, so they have to be the untranslated ones.
    env: { ...process.env, LC_ALL: "C", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const killAtExit = (): void => void child.kill(killSignal);
  process.once("exit", killAtExit);
  child.once("close", () => process.off("exit", killAtExit));
  try {
    await outputMatches(child, ready, startMs);
  } catch (error) {
    await stop(child, "SIGKILL");
    throw error;
  }
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: () => stop(child, stopSignal) };
}

function outputMatches(child: ChildProcess, ready: RegExp, startMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (what: string): void => reject(new Error(`${what}:\n${output}`));
    const timer = setTimeout(() => fail(`Not ready within ${startMs} ms`), startMs);
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
      if (ready.test(output)) {
        clearTimeout(timer);
        resolve();
      }
    };
    // Both streams are read to the end: a full pipe would stop the service.
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", (error) => {
      clearTimeout(timer);
      fail(String(error));
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      fail(`Exited with ${code ?? signal} before it was ready`);
    });
  });
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill(signal);
  // A stopped process takes SIGTERM only when it goes on.
  child.kill("SIGCONT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await closed;
  clearTimeout(timer);
}
