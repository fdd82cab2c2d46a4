import { AsyncLocalStorage } from "node:async_hooks";
import { type AgentContext, type ApprovalDecision, errorText } from "@wheelhouse/core";
import type { FromThread, ToThread, WireOutcome } from "./protocol.js";
import { fromWireFailure, toWireFailure } from "./wire-error.js";

/** What a thread is told about the calls of its context. */
type CallMessage = ToThread & { type: "perform" | "stop-step" | "answer" };

/** The calls of a run's context that only the thread can answer that asked for the run. */
export interface ThreadCalls extends Pick<AgentContext, "step" | "approve"> {
  receive(message: CallMessage): void;
  /** The run is over: calls that are open, and later ones, reject. */
  close(): void;
}

/** A call without an answer yet. */
interface OpenCall {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly step: Step | undefined;
}

interface Step {
  readonly name: string;
  /** The author's function, in the async context of whoever called. */
  readonly fn: (signal: AbortSignal) => unknown;
  /** What the function threw: given back as it is, where it is the answer. */
  thrown: { readonly error: unknown } | undefined;
}

/** Makes the calls of one run. `signal` is the run's; `send` throws where the message cannot be cloned. */
export function createThreadCalls(
  run: number,
  signal: AbortSignal,
  send: (message: FromThread) => void,
): ThreadCalls {
  const open = new Map<number, OpenCall>();
  /** Of the functions that run with a signal of their own. */
  const stops = new Map<number, AbortController>();
  let calls = 0;
  let isClosed = false;

  const ask = (message: (call: number) => FromThread, what: string, step?: Step) => {
    const answered = new Promise<unknown>((resolve, reject) => {
      if (isClosed) throw runIsOver();
      const call = ++calls;
      sendOrExplain(() => send(message(call)), what);
      open.set(call, { resolve, reject, step });
    });
    // A call that nobody waits for must not end the thread, and other runs with it, when its run ends.
    answered.catch(() => {});
    return answered;
  };

  const tell = (call: number, outcome: WireOutcome): void => {
    if (!isClosed) send({ type: "performed", run, call, outcome });
  };

  const perform = async (
    { call, isRunSignal, reason }: CallMessage & { type: "perform" },
    step: Step,
  ): Promise<void> => {
    const stop = new AbortController();
    if (reason !== undefined) stop.abort(fromWireFailure(reason, signal));
    if (!isRunSignal) stops.set(call, stop);
    try {
      const value = await step.fn(isRunSignal ? signal : stop.signal);
      sendOrExplain(() => tell(call, { value }), `the result of step ${quote(step.name)}`);
    } catch (error) {
      step.thrown = { error };
      tell(call, { failure: toWireFailure(error, signal) });
    } finally {
      stops.delete(call);
    }
  };

  const settle = ({ call, outcome, isThrown }: CallMessage & { type: "answer" }): void => {
    const opened = open.get(call);
    open.delete(call);
    if ("value" in outcome) opened?.resolve(outcome.value);
    else if (isThrown && opened?.step?.thrown) opened.reject(opened.step.thrown.error);
    else opened?.reject(fromWireFailure(outcome.failure, signal));
  };

  return {
    step<Value>(name: string, fn: (signal: AbortSignal) => Value | PromiseLike<Value>) {
      const bound = AsyncLocalStorage.bind((own: AbortSignal): unknown => fn(own));
      const message = (call: number): FromThread => ({ type: "step", run, call, name });
      const answered = ask(message, "the name of a step", { name, fn: bound, thrown: undefined });
      return answered as Promise<Value>;
    },
    approve(name, args) {
      const message = (call: number): FromThread => ({ type: "approve", run, call, name, args });
      const answered = ask(message, `the arguments of approval ${quote(name)}`);
      return answered as Promise<ApprovalDecision>;
    },
    receive(message) {
      if (message.type === "answer") settle(message);
      else if (message.type === "stop-step") {
        stops.get(message.call)?.abort(fromWireFailure(message.reason, signal));
      } else {
        const step = open.get(message.call)?.step;
        if (step !== undefined) void perform(message, step);
      }
    },
    close() {
      isClosed = true;
      for (const call of open.values()) call.reject(runIsOver());
      open.clear();
    },
  };
}

function runIsOver(): Error {
  return new Error("the run is over: its context takes no more calls");
}

/** A value that structured clone refuses fails the call it belongs to. */
function sendOrExplain(send: () => void, what: string): void {
  try {
    send();
  } catch (cause) {
    throw new TypeError(`${what} cannot leave the worker thread: it is no plain data`, { cause });
  }
}

/** A JavaScript author may have given something else than text. */
function quote(name: unknown): string {
  return JSON.stringify(errorText(name).slice(0, 100));
}
