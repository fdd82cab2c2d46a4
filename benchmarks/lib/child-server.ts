import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Cpu } from "../servers/serve.js";

/** Milliseconds a server has to start or to answer. */
const ANSWER_MS = 20_000;

/** A server in a process of its own. */
export interface ChildServer {
  readonly port: number;
  /** Microseconds of CPU its process has used. */
  cpuUs(): Promise<number>;
  close(): Promise<void>;
}

/** Starts a server by its file's name; a proxy is told the port of what is behind it. What `BENCH_NODE_FLAGS` holds goes to its Node, `--cpu-prof` for example. */
export async function startChildServer(name: string, behindPort?: number): Promise<ChildServer> {
  const flags = (process.env["BENCH_NODE_FLAGS"] ?? "").split(" ").filter((flag) => flag !== "");
  const child = fork(fileURLToPath(new URL(`./${name}.mjs`, import.meta.url)), [], {
    execArgv: flags,
    env: { ...process.env, NODE_ENV: "production", BENCH_BEHIND_PORT: String(behindPort ?? "") },
  });
  const { port } = (await answerOf(child)) as { port: number };
  return {
    port,
    async cpuUs() {
      const answer = answerOf(child);
      child.send("cpu");
      return ((await answer) as Cpu).cpuUs;
    },
    async close() {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), ANSWER_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => settle(reject, new Error("A server does not answer.")),
      ANSWER_MS,
    );
    const onMessage = (message: unknown): void => settle(resolve, message);
    const onExit = (): void => settle(reject, new Error("A server's process has ended."));
    const settle = <Value>(end: (value: Value) => void, value: Value): void => {
      clearTimeout(timer);
      child.off("message", onMessage);
      child.off("exit", onExit);
      end(value);
    };
    child.once("message", onMessage);
    child.once("exit", onExit);
  });
}
