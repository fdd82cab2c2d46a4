import { Worker } from "node:worker_threads";
import type { AgentContext, AgentRequest } from "@wheelhouse/core";
import { type AgentThreadData, SERVE_KEY, THREAD_KEY } from "./agent-thread.js";
import type { FromThread } from "./protocol.js";
import { type RemoteRun, createRemoteRun } from "./remote-run.js";

/** A worker thread that runs one handler, one run at a time. */
export interface AgentThread {
  /** Starts a run; the thread must be free. */
  run(request: AgentRequest, context: AgentContext): Promise<unknown>;
  /** Ends the thread; its run fails with the reason. */
  terminate(reason: Error): Promise<void>;
}

/** What a thread's owner is told. */
export interface AgentThreadEvents {
  /** The run is over and the thread can take another. */
  onFree(): void;
  /** The thread has stopped, and its run has failed. */
  onStop(): void;
}

/**
 * Loads the author's module, which loads this package, which offers the function that serves runs.
 * Going through the author's module finds the right copy of the package, bundled ones too. The error is
 * thrown from a callback, because a rejection does not end the thread under every Node option. A data:
 * URL and not `eval`, because loaders such as tsx do not see what an evaluated script imports.
 */
const BOOTSTRAP = `
import { workerData } from "node:worker_threads";
const { module } = workerData[${JSON.stringify(THREAD_KEY)}];
import(module).then((namespace) => {
  const serve = globalThis[Symbol.for(${JSON.stringify(SERVE_KEY)})];
  if (serve === undefined) throw new Error(module + " defines no agent with this version of @wheelhouse/agent-sdk");
  serve(namespace);
}).catch((error) => setImmediate(() => { throw error; }));
`;

const BOOTSTRAP_URL = new URL(`data:text/javascript,${encodeURIComponent(BOOTSTRAP)}`);

/** Starts a thread. It keeps the process alive only while it has a run. */
export function spawnThread(data: AgentThreadData, events: AgentThreadEvents): AgentThread {
  const worker = new Worker(BOOTSTRAP_URL, { workerData: { [THREAD_KEY]: data } });
  let current: RemoteRun | undefined;
  let runs = 0;
  let stopReason: Error | undefined;

  const stopped = (why: string, cause?: unknown): Error =>
    new Error(`the worker thread of agent "${data.agentName}" ${why}`, { cause });
  const terminate = async (reason: Error): Promise<void> => {
    stopReason ??= reason;
    await worker.terminate();
  };

  worker.on("message", (message: FromThread) => {
    if (message.run === runs) current?.receive(message);
  });
  worker.on("messageerror", (cause) => {
    void terminate(stopped("sent something that cannot be read", cause));
  });
  worker.on("error", (cause) => {
    const text = cause instanceof Error ? cause.message : String(cause);
    stopReason ??= stopped(`stopped before the run ended: ${text}`, cause);
  });
  worker.on("exit", (code) => {
    stopReason ??= stopped(`stopped before the run ended (exit code ${code})`);
    current?.threadStopped(stopReason);
    events.onStop();
  });

  return {
    terminate,
    run(request, context) {
      const run = ++runs;
      worker.ref();
      const remote = createRemoteRun(request, context, {
        run,
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window.
        post: (message) => worker.postMessage(message),
        terminate: () => void terminate(stopped("did not stop when it was told to")),
        onEnd() {
          current = undefined;
          if (stopReason !== undefined) return;
          worker.unref();
          events.onFree();
        },
      });
      current = remote;
      remote.start();
      return remote.result;
    },
  };
}
