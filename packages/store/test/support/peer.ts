import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../fixtures/store-peer.ts", import.meta.url));
/** Runs TypeScript sources; a dependency of the command's package. */
const TSX = createRequire(new URL("../../../../apps/server/package.json", import.meta.url)).resolve(
  "tsx/esm",
);

/** What the other process is told to do; a writer is named by its log. */
export interface PeerCall {
  readonly id: number;
  readonly port: "log" | "queue" | "signals" | "things";
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id?: number;
  readonly value?: unknown;
  readonly code?: string;
  readonly heard?: string;
  readonly acked?: number;
}

/** Another process with a store on the same file; gone at the end of an `await using` block. */
export interface Peer extends AsyncDisposable {
  /** What its listeners heard. */
  readonly heard: string[];
  /** What its `appendForever` had acknowledged. */
  readonly acked: number[];
  /** Calls a port there; throws an error with the code of what was thrown there. */
  call(port: PeerCall["port"], method: string, ...args: unknown[]): Promise<unknown>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

export function startPeer(file: string): Peer {
  const child = fork(SCRIPT, [file], {
    execArgv: ["--conditions=@wheelhouse/source", `--import=${TSX}`],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exit = once(child, "exit");
  const answers = new Map<number, (answer: Answer) => void>();
  const heard: string[] = [];
  const acked: number[] = [];
  child.on("message", (answer: Answer) => {
    if (answer.heard !== undefined) heard.push(answer.heard);
    if (answer.acked !== undefined) acked.push(answer.acked);
    if (answer.id !== undefined) answers.get(answer.id)?.(answer);
  });
  let count = 0;
  return {
    heard,
    acked,
    async call(port, method, ...args) {
      const id = ++count;
      const answer = new Promise<Answer>((resolve) => answers.set(id, resolve));
      child.send({ id, port, method, args } satisfies PeerCall);
      const given = await Promise.race([answer, exit]);
      if (Array.isArray(given)) throw new Error("The other process has ended.");
      if (given.code !== undefined)
        throw Object.assign(new Error(given.code), { code: given.code });
      return given.value;
    },
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.disconnect();
      await exit;
    },
  };
}
