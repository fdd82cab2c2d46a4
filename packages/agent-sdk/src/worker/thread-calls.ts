import type { AgentContext } from "@wheelhouse/core";
import { callOutcome, failedOutcome, settleOutcome } from "./call-outcome.js";
import type { CallOutcome, FromThread } from "./protocol.js";

/** The calls of an author in a worker thread that the thread of its run answers. */
export interface ThreadCalls extends Pick<AgentContext, "step" | "approve"> {
  /** Runs the function of a step whose result nobody has. */
  runStep(call: number): Promise<void>;
  settle(call: number, outcome: CallOutcome): void;
  /** The run is over: what still waits rejects. */
  end(error: Error): void;
}

interface OpenCall extends PromiseWithResolvers<unknown> {
  readonly fn: ((signal: AbortSignal) => unknown) | undefined;
}

/** Makes the calls of one run. */
export function createThreadCalls(
  run: number,
  signal: AbortSignal,
  send: (message: FromThread) => void,
): ThreadCalls {
  const open = new Map<number, OpenCall>();
  let calls = 0;
  let ended: Error | undefined;

  const call = (
    message: (call: number) => FromThread,
    fn?: (signal: AbortSignal) => unknown,
  ): Promise<unknown> => {
    const id = ++calls;
    const waiting = { ...Promise.withResolvers<unknown>(), fn };
    // An author who does not wait for it must not take the thread down.
    waiting.promise.catch(() => {});
    if (ended !== undefined) {
      waiting.reject(ended);
      return waiting.promise;
    }
    open.set(id, waiting);
    try {
      send(message(id));
    } catch (cause) {
      open.delete(id);
      const text = "the arguments of approve cannot leave the worker thread";
      waiting.reject(new TypeError(text, { cause }));
    }
    return waiting.promise;
  };

  return {
    step: (name, fn) =>
      call((id) => ({ type: "step", run, call: id, name }), fn) as ReturnType<typeof fn> &
        Promise<Awaited<ReturnType<typeof fn>>>,
    approve: (name, args) =>
      call((id) => ({ type: "approve", run, call: id, name, args })) as ReturnType<
        AgentContext["approve"]
      >,
    async runStep(id) {
      const fn = open.get(id)?.fn;
      const outcome = await callOutcome(() => fn?.(signal), signal);
      try {
        send({ type: "step_result", run, call: id, outcome });
      } catch (cause) {
        const text = "the result of a step cannot leave the worker thread: make it JSON";
        const failed = failedOutcome(new TypeError(text, { cause }), signal);
        send({ type: "step_result", run, call: id, outcome: failed });
      }
    },
    settle(id, outcome) {
      const waiting = open.get(id);
      open.delete(id);
      if (waiting !== undefined) settleOutcome(outcome, waiting, signal);
    },
    end(error) {
      ended = error;
      for (const { reject } of open.values()) reject(error);
      open.clear();
    },
  };
}
