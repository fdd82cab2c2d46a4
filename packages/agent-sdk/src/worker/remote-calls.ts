import type { AgentContext } from "@wheelhouse/core";
import type { FromThread, ToThread, WireOutcome } from "./protocol.js";
import { fromWireFailure, toWireFailure } from "./wire-error.js";

/** What a thread says about the calls of its context. */
type CallMessage = FromThread & { type: "step" | "approve" | "performed" };

/** The calls that a run in a worker thread makes of its context, answered with the context of this thread. */
export interface RemoteCalls {
  receive(message: CallMessage): void;
  /** The run is over: functions of steps that are still open fail with the reason, and nothing is sent any more. */
  close(reason: unknown): void;
}

/** A step's function at work in the thread. */
interface Performance {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Answers the calls of one run. `post` throws where the message cannot be cloned. */
export function createRemoteCalls(
  run: number,
  context: AgentContext,
  post: (message: ToThread) => void,
): RemoteCalls {
  const performances = new Map<number, Performance>();
  let closed: { readonly reason: unknown } | undefined;

  /** Has the thread run the function of a step, and gives what it gave. */
  const perform = async (call: number, signal: AbortSignal): Promise<unknown> => {
    if (closed !== undefined) throw closed.reason;
    const isRunSignal = signal === context.signal;
    const reasonOf = () => toWireFailure(signal.reason, context.signal);
    const reason = signal.aborted && !isRunSignal ? reasonOf() : undefined;
    const onAbort = (): void => post({ type: "stop-step", run, call, reason: reasonOf() });
    try {
      return await new Promise<unknown>((resolve, reject) => {
        performances.set(call, { resolve, reject });
        post({ type: "perform", run, call, isRunSignal, reason });
        if (!isRunSignal) signal.addEventListener("abort", onAbort, { once: true });
      });
    } finally {
      signal.removeEventListener("abort", onAbort);
      performances.delete(call);
    }
  };

  const answer = (call: number, outcome: WireOutcome, isThrown = false): void => {
    if (closed === undefined) post({ type: "answer", run, call, outcome, isThrown });
  };

  const callContext = async (
    message: CallMessage & { type: "step" | "approve" },
  ): Promise<void> => {
    const { call, name } = message;
    let thrown: { readonly error: unknown } | undefined;
    let value: unknown;
    try {
      value =
        message.type === "approve"
          ? await context.approve(name, message.args)
          : await context.step(name, (signal) => {
              const performed = perform(call, signal);
              performed.catch((error: unknown) => (thrown = { error }));
              return performed;
            });
    } catch (error) {
      const failure = toWireFailure(error, context.signal);
      answer(call, { failure }, thrown !== undefined && thrown.error === error);
      return;
    }
    try {
      answer(call, { value });
    } catch (cause) {
      const text = `what ctx.${message.type} gave cannot be sent to a worker thread: it is no plain data`;
      const error = new TypeError(text, { cause });
      answer(call, { failure: toWireFailure(error, context.signal) });
    }
  };

  return {
    receive(message) {
      if (message.type !== "performed") {
        void callContext(message);
        return;
      }
      const performance = performances.get(message.call);
      const { outcome } = message;
      if ("value" in outcome) performance?.resolve(outcome.value);
      else performance?.reject(fromWireFailure(outcome.failure, context.signal));
    },
    close(reason) {
      closed ??= { reason };
      for (const performance of performances.values()) performance.reject(reason);
    },
  };
}
