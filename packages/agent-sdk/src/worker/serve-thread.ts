import { parentPort } from "node:worker_threads";
import { AppError } from "@wheelhouse/core";
import { runWithContext } from "../context/request-context.js";
import type { Handler } from "../define/handler.js";
import { collectEntries } from "../resolve/collect-entries.js";
import { defaultRegistry } from "../define/registry.js";
import { type AgentThreadData, agentThreadData, SERVE_KEY } from "./agent-thread.js";
import type { FromThread, ToThread } from "./protocol.js";
import { openThreadContext, type ThreadContext } from "./thread-context.js";
import { pump, type Pump } from "./pump.js";
import { toWireFailure } from "./wire-error.js";

/** Offers, in a thread of ours, the function that its bootstrap calls with the author's module. */
export function offerServeThread(): void {
  if (agentThreadData === undefined) return;
  const target = agentThreadData;
  const globals = globalThis as unknown as Record<symbol, unknown>;
  globals[Symbol.for(SERVE_KEY)] ??= (namespace: Record<string, unknown>) =>
    serveThread(target, namespace);
}

/** The one run this thread has. */
interface ThreadRun {
  readonly id: number;
  readonly context: ThreadContext;
  pump: Pump | undefined;
}

type Send = (message: FromThread) => void;

function serveThread(target: AgentThreadData, namespace: Record<string, unknown>): void {
  let handler: Handler | undefined;
  // Once a thread, so that an instance of a class keeps what it remembers.
  const getHandler = (): Handler => (handler ??= findHandler(target, namespace));
  const port = parentPort!;
  const send: Send = (message) => port.postMessage(message);
  let current: ThreadRun | undefined;
  port.on("message", (message: ToThread) => {
    if (message.type === "run") {
      current = { id: message.run, context: openThreadContext(message, send), pump: undefined };
      void execute(getHandler, message, current, send);
      return;
    }
    if (current?.id !== message.run) return;
    if (message.type === "pull") current.pump?.allow(message.count);
    else if (message.type === "abort") current.context.abort(message.reason);
    else if (message.type === "drain") current.context.drain();
    else if (message.type === "return") current.pump?.leave();
    else current.context.calls.receive(message);
  });
}

async function execute(
  getHandler: () => Handler,
  { run, request, inputText }: ToThread & { type: "run" },
  current: ThreadRun,
  send: Send,
): Promise<void> {
  const { context } = current.context;
  try {
    const handler = getHandler();
    const given = request as Parameters<Handler["run"]>[0];
    if (inputText !== undefined) {
      Object.defineProperty(given, "input_text", { value: inputText, configurable: true });
    }
    await runWithContext(context, async () => {
      const result = await handler.run(given, context);
      if (handler.kind === "invoke" || !isStream(result)) {
        sendValue(() => send({ type: "value", run, value: result }));
        return;
      }
      const pumped = pump(result, (value) => sendValue(() => send({ type: "item", run, value })));
      current.pump = pumped;
      send({ type: "stream", run });
      await pumped.finished;
      send({ type: "end", run });
    });
  } catch (error) {
    send({ type: "error", run, failure: toWireFailure(error, context.signal) });
  } finally {
    current.context.calls.close();
  }
}

function findHandler(target: AgentThreadData, namespace: Record<string, unknown>): Handler {
  const { kind, agentName, handlerName, module } = target;
  const own = collectEntries(namespace).entries.flatMap((entry) => entry.halves);
  const candidates = [...own, ...defaultRegistry().handlers()].filter(
    (half): half is Handler =>
      half.kind === kind && "name" in half.options && half.options.name === agentName,
  );
  const named = candidates.filter((half) => half.name === handlerName);
  const [found, ...others] = named.length > 0 ? named : candidates;
  if (found !== undefined && others.length === 0) return found;
  const what = `${kind} handler "${handlerName}" of agent "${agentName}"`;
  throw new Error(
    found === undefined
      ? `${module} exports no ${what}: an agent with the option worker must be exported from its module`
      : `${module} exports several that could be the ${what}: give them different names`,
  );
}

function isStream(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

/** A value that structured clone refuses is the agent's fault and an error of its run alone. */
function sendValue(send: () => void): void {
  try {
    send();
  } catch (cause) {
    throw new AppError("invalid_agent_output", {
      message: "The agent gave a value that cannot leave its worker thread.",
      cause,
    });
  }
}
