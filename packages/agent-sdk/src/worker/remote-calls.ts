import type { AgentContext } from "@wheelhouse/core";
import { callOutcome, settleOutcome } from "./call-outcome.js";
import type { CallOutcome, FromThread, ToThread } from "./protocol.js";

/** Answers the calls of an author in a worker thread with the context of its run. */
export interface RemoteCalls {
  receive(message: FromThread & { type: "step" | "approve" }): void;
  /** What the function of a step gave in the thread. */
  stepRan(call: number, outcome: CallOutcome): void;
  /** The run is over: functions of steps that were still running have failed. */
  end(error: unknown): void;
}

/** Makes what answers one run. `post` may be called after the thread has stopped: then it does nothing. */
export function createRemoteCalls(
  run: number,
  context: AgentContext,
  post: (message: ToThread) => void,
): RemoteCalls {
  const { signal } = context;
  const running = new Map<number, PromiseWithResolvers<unknown>>();
  let isOver = false;

  const answer = async (call: number, ask: () => unknown): Promise<void> => {
    const outcome = await callOutcome(ask, signal);
    if (!isOver) post({ type: "answer", run, call, outcome });
  };

  const runStep = (call: number): Promise<unknown> => {
    const step = Promise.withResolvers<unknown>();
    running.set(call, step);
    post({ type: "run_step", run, call });
    return step.promise;
  };

  return {
    receive(message) {
      const { call, name } = message;
      void answer(call, () =>
        message.type === "approve"
          ? context.approve(name, message.args)
          : context.step(name, () => runStep(call)),
      );
    },
    stepRan(call, outcome) {
      const step = running.get(call);
      running.delete(call);
      if (step !== undefined) settleOutcome(outcome, step, signal);
    },
    end(error) {
      isOver = true;
      for (const { reject } of running.values()) reject(error);
      running.clear();
    },
  };
}
