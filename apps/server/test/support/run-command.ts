import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "@wheelhouse/test-support";
import type { Listening } from "../../src/index.js";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** The `wheelhouse` command as a process of its own. */
export interface Command extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** The events of `--json` so far. */
  events(): Record<string, unknown>[];
  /** The nth time that it takes requests, counting from 1. */
  listening(nth?: number): Promise<Listening & { pid: number }>;
  /** Its exit code, or the signal that ended it. */
  exit(): Promise<number | string>;
}

/** Runs the command from its sources, without the variables of the machine that runs the tests. */
export function runCommand(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Command {
  const state = mkdtempSync(join(tmpdir(), "wheelhouse-state-"));
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), "--conditions=@wheelhouse/source", MAIN, ...args],
    {
      cwd: options.cwd ?? fileURLToPath(new URL("..", import.meta.url)),
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        // Not the state of the person who runs the tests.
        WHEELHOUSE_HOME: state,
        ...options.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text.stdout += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (text.stderr += piece));
  const closed = once(child, "close");
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const events = (): Record<string, unknown>[] =>
    text.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  return {
    child,
    pid: child.pid!,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    events,
    async listening(nth = 1) {
      const heard = () => events().filter(({ event }) => event === "listening");
      await until(() => heard().length >= nth || ended(), { timeoutMs: 20_000 });
      const event = heard()[nth - 1];
      if (event === undefined) throw new Error(`It ended before it listened:\n${text.stderr}`);
      return event as unknown as Listening & { pid: number };
    },
    async exit() {
      const [code, signal] = (await closed) as [number | null, string | null];
      return code ?? signal!;
    },
    async [Symbol.asyncDispose]() {
      // Its serving processes end with it.
      if (!ended()) child.kill("SIGKILL");
      await closed;
      rmSync(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** POSTs one user message on a connection of its own and gives the response. */
export function ask(
  url: string,
  text: string,
  body: Record<string, unknown> = {},
): Promise<Response> {
  return fetch(`${url}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify({ input: [{ role: "user", content: text }], ...body }),
  });
}

/** The text of an answer's first message. */
export async function answerOf(response: Response): Promise<string> {
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${body}`);
  const { output } = JSON.parse(body) as { output: { content: { text: string }[] }[] };
  return output[0]?.content[0]?.text ?? "";
}

/** Whether a process is there. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
