import {
  type Agent,
  type AgentHandler,
  AppError,
  type DisconnectPolicy,
  isAppError,
} from "@wheelhouse/core";
import type { AgentDirectory } from "../agent-directory.js";
import { chooseHandler } from "../run/choose-handler.js";
import type { ResponseRecord } from "../stored/response-records.js";

/** Times that a run is begun before it is given up: one that takes its process down each time must end. */
const MAX_ATTEMPTS = 3;

/** What is done with a run whose process died. */
export interface RecoveryPlan {
  readonly agent: Agent;
  readonly handler: AgentHandler;
  readonly disconnect: DisconnectPolicy;
  /** Whether the items that were finished stay in the response. */
  readonly keepsItems: boolean;
  /** Why the run does not go on; undefined where it does. */
  readonly refused: { readonly error: AppError } | undefined;
}

/**
 * Decides by the agent's `onCrash`, and by what happened to the run since.
 *
 * @param agents - undefined where the run is another kind of server's: it fails.
 */
export function planRecovery(
  agents: AgentDirectory | undefined,
  record: ResponseRecord,
  isCancelled: boolean,
): RecoveryPlan {
  const found = agents?.list().find(({ name }) => name === record.agent);
  const agent = found ?? { name: record.agent, invoke: undefined, stream: undefined };
  let handler = lostHandler(record);
  const orphaned = new AppError("task_timeout", {
    message: "The server stopped while the run was under way.",
  });
  try {
    handler = chooseHandler(agent, record.handler);
  } catch (error) {
    // The agent is not served any more, or not in this form.
    if (!isAppError(error)) throw error;
  }
  const { onCrash } = handler.options;
  const { background, disconnect: asked } = record.request;
  const disconnect = asked ?? (background === true ? "detach" : handler.options.disconnect);
  const refuse = (): AppError | undefined => {
    if (isCancelled) return new AppError("cancelled");
    if (onCrash === "fail") return orphaned;
    // Nobody can be waiting any more.
    if (disconnect === "cancel") return orphaned;
    if (record.attempt > MAX_ATTEMPTS)
      return new AppError("task_timeout", {
        message: `The run was given up: the server stopped ${MAX_ATTEMPTS} times while it was under way.`,
      });
    if (record.deadline !== undefined && record.deadline <= Date.now())
      return new AppError("task_timeout");
    return undefined;
  };
  const error = refuse();
  return {
    agent,
    handler,
    disconnect,
    keepsItems: onCrash === "resume" || error !== undefined,
    refused: error && { error },
  };
}

/** Stands for a function that is not there any more; never called, as its runs are refused. */
function lostHandler({ agent, handler }: ResponseRecord): AgentHandler {
  return {
    kind: handler,
    name: agent,
    options: {
      timeoutMs: undefined,
      disconnect: "cancel",
      concurrency: undefined,
      maxQueued: 0,
      serverTools: undefined,
      derive: false,
      onCrash: "fail",
      overlap: "reject",
    },
    parseCustomInputs: undefined,
    run: () => undefined,
  };
}
