import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { until } from "@wheelhouse/test-support";
import { groupOf } from "./process-group.js";

const FIXTURE = fileURLToPath(new URL("../fixtures/run-agent-server.ts", import.meta.url));
/** Runs TypeScript sources; a dependency of the command's package. */
const TSX = createRequire(new URL("../../../../apps/server/package.json", import.meta.url)).resolve(
  "tsx/esm",
);

/** A running script; it and all that it started are gone at the end of an `await using` block. */
export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it printed. */
  output(): string;
  /** Where it said that it listens. */
  url(): Promise<string>;
  /** Resolves when it has ended, within 30 s, with its exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>;
  /** Process ids of its group that are still there. */
  left(): number[];
}

/** Runs the fixture that calls `runAgentServer` with these arguments. */
export function program(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|NODE_|WATCH_|DATABRICKS_)/.test(name),
  );
  const child = spawn(
    process.execPath,
    ["--conditions=@wheelhouse/source", `--import=${TSX}`, FIXTURE, ...args],
    // A group of its own, so that what it starts can be found.
    {
      detached: true,
      env: { ...Object.fromEntries(clean), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const exit = once(child, "exit");
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const pid = child.pid!;
  const left = (): number[] => groupOf(pid);
  return {
    child,
    pid,
    output: () => output,
    left,
    async url() {
      const listening = /Listening on (http:\S+)/;
      await until(() => listening.test(output) || isOver(), {
        timeoutMs: 30_000,
        what: "listening",
      });
      const [, url] = listening.exec(output) ?? [];
      if (url === undefined) throw new Error(`The program ended: ${output}`);
      return url;
    },
    async ended() {
      // Rejects in time for the test to end the program.
      await until(isOver, { timeoutMs: 30_000, what: "the program's end" });
      return child.exitCode ?? child.signalCode;
    },
    async [Symbol.asyncDispose]() {
      if (left().length > 0) process.kill(-pid, "SIGKILL");
      await exit;
    },
  };
}
