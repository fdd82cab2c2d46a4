import type { AgentContext, AgentRequest } from "@wheelhouse/core";
import type { FromThread, ToThread, WireContext } from "./protocol.js";
import { createPulledIterator, type PulledIterator } from "./pulled-iterator.js";
import { createRemoteCalls } from "./remote-calls.js";
import { fromWireFailure, toWireError } from "./wire-error.js";

/** How long a run that was told to stop may take before its thread is ended. Milliseconds. */
const STOP_GRACE_MS = 5000;

/** What a run needs of the thread it runs in. */
export interface RunLink {
  readonly run: number;
  /** Throws where the message cannot be cloned. */
  post(message: ToThread): void;
  /** Ends the thread; {@link RemoteRun.threadStopped} is called in the end. */
  terminate(): void;
  /** Called once, when the run is over and nothing of it is left here. */
  onEnd(): void;
}

/** A run in a worker thread, seen from the thread that asked for it. */
export interface RemoteRun {
  start(): void;
  /** What the author's function gave: a value, or an async iterator where it gave something to iterate. */
  readonly result: Promise<unknown>;
  receive(message: FromThread): void;
  threadStopped(error: Error): void;
}

/** Makes a run to start. Its signals cross, and listeners and timers are gone when it ends. */
export function createRemoteRun(
  request: AgentRequest,
  context: AgentContext,
  link: RunLink,
): RemoteRun {
  const { run } = link;
  const { signal, draining } = context;
  let settle!: { resolve: (value: unknown) => void; reject: (error: unknown) => void };
  const result = new Promise<unknown>((resolve, reject) => (settle = { resolve, reject }));
  let iterator: PulledIterator | undefined;
  let stopTimer: NodeJS.Timeout | undefined;
  let isOver = false;
  let hasReaderLeft = false;
  const calls = createRemoteCalls(run, context, (message) => link.post(message));

  const stopSoon = (message: ToThread): void => {
    link.post(message);
    stopTimer ??= setTimeout(() => link.terminate(), STOP_GRACE_MS);
  };
  const onAbort = (): void =>
    stopSoon({ type: "abort", run, reason: toWireError(signal.reason as unknown) });
  const onDrain = (): void => link.post({ type: "drain", run });

  const end = (failure?: { error: unknown }): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(stopTimer);
    signal.removeEventListener("abort", onAbort);
    draining.removeEventListener("abort", onDrain);
    calls.close(failure?.error ?? new Error("the run ended before its step did"));
    // A reader that left an aborted run knows why it ended.
    const isNews = failure !== undefined && !(hasReaderLeft && failure.error === signal.reason);
    if (iterator !== undefined) iterator.end(isNews ? failure : undefined);
    else if (failure !== undefined) settle.reject(failure.error);
    link.onEnd();
  };

  const start = (): void => {
    try {
      link.post({
        type: "run",
        run,
        request,
        inputText: hiddenText(request),
        context: wireContext(context),
      });
    } catch (cause) {
      const message = "the request or its context cannot be sent to a worker thread";
      end({ error: new Error(message, { cause }) });
      return;
    }
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    draining.addEventListener("abort", onDrain, { once: true });
  };

  return {
    result,
    start,
    receive(message) {
      switch (message.type) {
        case "value":
          settle.resolve(message.value);
          end();
          break;
        case "stream":
          iterator = createPulledIterator(
            (count) => link.post({ type: "pull", run, count }),
            () => {
              hasReaderLeft = true;
              stopSoon({ type: "return", run });
            },
          );
          settle.resolve(iterator);
          break;
        case "item":
          iterator?.push(message.value);
          break;
        case "end":
          end();
          break;
        case "error":
          end({ error: fromWireFailure(message.failure, signal) });
          break;
        case "log":
          Reflect.apply(context.log[message.level], context.log, message.args);
          break;
        case "span":
          Reflect.apply(context.span[message.method], context.span, message.args);
          break;
        case "step":
        case "approve":
        case "performed":
          calls.receive(message);
          break;
      }
    },
    threadStopped: (error) => end({ error: signal.aborted ? signal.reason : error }),
  };
}

/** A request's `input_text` where it is not among the keys that cross by themselves. */
function hiddenText(request: AgentRequest): string | undefined {
  if (Object.prototype.propertyIsEnumerable.call(request, "input_text")) return undefined;
  const text: unknown = Reflect.get(request, "input_text");
  return typeof text === "string" ? text : undefined;
}

function wireContext(context: AgentContext): WireContext {
  const { traceId, spanId, isRecording } = context.span;
  return {
    responseId: context.responseId,
    traceId: context.traceId,
    requestId: context.requestId,
    deadline: context.deadline,
    headers: { ...context.headers },
    user: context.user,
    session: { id: context.session.id },
    attempt: context.attempt,
    isRecovery: context.isRecovery,
    recoveredItems: context.recoveredItems,
    span: { traceId, spanId, isRecording },
    isDraining: context.draining.aborted,
  };
}
