import { isMainThread, workerData } from "node:worker_threads";
import type { HandlerKind } from "../define/agent-function.js";

/** Which handler of which module a worker thread runs. */
export interface AgentThreadData {
  /** URL of the author's module. */
  readonly module: string;
  readonly kind: HandlerKind;
  readonly agentName: string;
  readonly handlerName: string;
}

/** The key of `workerData` that marks a worker thread as one of ours. */
export const THREAD_KEY = "wheelhouse.agent-sdk.thread";

/**
 * The key of `globalThis` under which the package, loaded by the author's module, offers the function
 * that serves runs. The number is that of the protocol.
 */
export const SERVE_KEY = "wheelhouse.agent-sdk.serve-thread.2";

/** What this thread was started for; undefined in every thread that is not one of ours. */
export const agentThreadData: AgentThreadData | undefined = isMainThread
  ? undefined
  : (workerData as Record<string, AgentThreadData> | null | undefined)?.[THREAD_KEY];

/** Whether this thread runs an agent: here the option `worker` does nothing. */
export const isAgentThread: boolean = agentThreadData !== undefined;
