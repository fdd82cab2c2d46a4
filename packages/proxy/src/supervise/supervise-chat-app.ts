import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { randomHex } from "@wheelhouse/core";
import { splitLines } from "./line-splitter.js";
import { guardAgainstOrphans } from "./orphan-guard.js";
import { isTreeAlive, MARK_VARIABLE, signalTree } from "./process-tree.js";

/** What {@link superviseChatApp} takes. */
export interface ChatAppOptions {
  /** Run by a shell: `npm run dev`. */
  readonly command: string;
  /** Where it listens. It is told by the variables `PORT` and `CHAT_APP_PORT`. */
  readonly port: number;
  /** Default: this process's. */
  readonly cwd?: string | undefined;
  /** Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Milliseconds between SIGTERM and SIGKILL. Default 3,000. */
  readonly stopGraceMs?: number | undefined;
  /** Takes each line that it prints. Default: nothing does. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Told of each start, with the process id. */
  readonly onStart?: ((pid: number) => void) | undefined;
  /** Told of each end that was not asked for, and in how many milliseconds it starts again. */
  readonly onEnd?: ((why: string, restartMs: number) => void) | undefined;
}

/** A chat app that is kept running. */
export interface SupervisedChatApp {
  /** The process id of its shell; undefined between an end and the next start. */
  pid(): number | undefined;
  /** How often it was started again. */
  restarts(): number;
  /** Ends it with all that it started, orderly, then by force. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it by force, at once. */
  kill(): void;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
/** An app that ran this long was healthy: its end does not lengthen the next delay. */
const HEALTHY_MS = 10_000;
const DEFAULT_GRACE_MS = 3_000;
/** Milliseconds between two looks at what is left of a tree that was told to end. */
const LOOK_MS = 20;
/** Milliseconds that the kernel gets to end what SIGKILL was sent to. */
const KILL_MS = 2_000;

/**
 * Starts a chat app and keeps it running: when it ends it is started again after 0.5 s, then 1 s and so on up to
 * 10 s. Whether it answers yet is the proxy's to find out (`awaitTarget`).
 *
 * @throws Error when something else has its port: requests would go to that.
 */
export async function superviseChatApp(options: ChatAppOptions): Promise<SupervisedChatApp> {
  if (await isTaken(options.port)) {
    throw new Error(
      `Port ${options.port} is in use: the chat app could not have it. Stop the program that has it, or choose another port (CHAT_APP_PORT).`,
    );
  }
  const mark = randomHex(32);
  const graceMs = options.stopGraceMs ?? DEFAULT_GRACE_MS;
  let child: ChildProcess | undefined;
  let ended: { readonly child: ChildProcess; readonly signalled: readonly number[] } | undefined;
  let letGuardGo = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  let stopping: Promise<void> | undefined;
  let restarts = 0;
  let failures = 0;

  const start = (): void => {
    const started = spawn(options.command, {
      shell: true,
      cwd: options.cwd,
      // A group of its own, so that all of it can be signalled, and Ctrl-C in the terminal does not end it first.
      detached: process.platform !== "win32",
      env: {
        ...(options.env ?? process.env),
        PORT: String(options.port),
        CHAT_APP_PORT: String(options.port),
        [MARK_VARIABLE]: mark,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    const began = performance.now();
    letGuardGo = guardAgainstOrphans(started, mark);
    for (const stream of [started.stdout, started.stderr]) {
      const onText = splitLines((line) => options.onLine?.(line));
      stream.setEncoding("utf8").on("data", onText);
    }
    let hasEnded = false;
    const onEnd = (why: string): void => {
      if (hasEnded) return;
      hasEnded = true;
      if (stopping !== undefined) return;
      // What the shell started may have outlived it, and would keep the port.
      ended = { child: started, signalled: signalTree(started, mark, "SIGKILL") };
      letGuardGo();
      child = undefined;
      if (performance.now() - began >= HEALTHY_MS) failures = 0;
      const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
      failures++;
      options.onEnd?.(why, delay);
      timer = setTimeout(() => {
        restarts++;
        start();
      }, delay);
    };
    started.once("exit", (code, signal) => onEnd(signal ?? `exit code ${code}`));
    started.once("error", (error) => onEnd(error.message));
    if (started.pid !== undefined) options.onStart?.(started.pid);
  };

  const end = async (): Promise<void> => {
    const running = child;
    if (running === undefined) {
      // What an end that was not asked for left behind was killed, which takes the kernel a moment.
      if (ended !== undefined) await isGone(ended.child, mark, ended.signalled, KILL_MS);
      return;
    }
    const told = signalTree(running, mark, "SIGTERM");
    if (!(await isGone(running, mark, told, graceMs))) {
      const killed = signalTree(running, mark, "SIGKILL");
      await isGone(running, mark, killed, KILL_MS);
    }
    letGuardGo();
    child = undefined;
  };
  const kill = (): void => {
    clearTimeout(timer);
    stopping ??= Promise.resolve();
    if (child !== undefined) signalTree(child, mark, "SIGKILL");
    letGuardGo();
  };
  // However this process ends by itself, the app ends with it; what ends it from outside is the guard's.
  process.once("exit", kill);

  start();
  return {
    pid: () => child?.pid,
    restarts: () => restarts,
    stop() {
      clearTimeout(timer);
      stopping ??= end().finally(() => process.off("exit", kill));
      return stopping;
    },
    kill,
  };
}

/** True once nothing of the tree is left; false when the time is over. */
async function isGone(
  child: ChildProcess,
  mark: string,
  signalled: readonly number[],
  milliseconds: number,
): Promise<boolean> {
  const ends = performance.now() + milliseconds;
  while (isTreeAlive(child, mark, signalled)) {
    if (performance.now() > ends) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

/** Whether anything listens on a port of this machine. */
async function isTaken(port: number): Promise<boolean> {
  const answers = await Promise.all(["127.0.0.1", "::1"].map((host) => listens(host, port)));
  return answers.includes(true);
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}
