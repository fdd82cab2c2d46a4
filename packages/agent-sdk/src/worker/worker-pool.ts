import { availableParallelism } from "node:os";
import { type AgentContext, type AgentRequest, AppError } from "@wheelhouse/core";
import type { HandlerKind } from "../define/agent-function.js";
import type { ResolvedOptions } from "../define/handler-options.js";
import { type AgentThread, spawnThread } from "./spawn-thread.js";

/** Threads of one handler, at most. */
const MAX_THREADS = 8;
/** How long a thread without work is kept. Milliseconds. */
const IDLE_MS = 60_000;

/** The worker threads of one handler. */
export interface WorkerPool {
  /** Runs the handler in a thread; waits for a free one. */
  run(request: AgentRequest, context: AgentContext): Promise<unknown>;
  /** Ends all threads; runs fail with `shutting_down`. Safe to call twice. */
  close(): Promise<void>;
}

interface Waiter {
  resolve(thread: AgentThread): void;
  reject(error: unknown): void;
}

/**
 * Makes a pool without threads: each is started when a run needs it. There are at most
 * min(`concurrency`, else the number of processors, 8). Runs that `concurrency` lets in, and `maxQueued`
 * more, may wait; one more is `rate_limit_exceeded`.
 */
export function createWorkerPool(
  kind: HandlerKind,
  handlerName: string,
  options: ResolvedOptions,
): WorkerPool {
  const { worker: module = "", name: agentName, concurrency } = options;
  const size = Math.min(concurrency ?? availableParallelism(), MAX_THREADS);
  const maxWaiting = options.maxQueued + Math.max(0, (concurrency ?? 0) - size);
  const threads = new Set<AgentThread>();
  /** Free threads, the one used last at the end, each with the timer that ends it. */
  const idle = new Map<AgentThread, NodeJS.Timeout>();
  const waiters = new Set<Waiter>();
  let isClosed = false;

  const onFree = (thread: AgentThread): void => {
    const [waiter] = waiters;
    if (waiter !== undefined) {
      waiter.resolve(thread);
      return;
    }
    const timer = setTimeout(() => {
      idle.delete(thread);
      threads.delete(thread);
      void thread.terminate(new Error("idle"));
    }, IDLE_MS);
    idle.set(thread, timer.unref());
  };

  const onStop = (thread: AgentThread): void => {
    clearTimeout(idle.get(thread));
    idle.delete(thread);
    threads.delete(thread);
    const [waiter] = waiters;
    if (waiter === undefined || isClosed || threads.size >= size) return;
    try {
      waiter.resolve(spawn());
    } catch (error) {
      waiter.reject(error);
    }
  };

  const spawn = (): AgentThread => {
    const thread: AgentThread = spawnThread(
      { module, kind, agentName, handlerName },
      { onFree: () => onFree(thread), onStop: () => onStop(thread) },
    );
    threads.add(thread);
    return thread;
  };

  const freeThread = (): AgentThread | undefined => {
    const thread = [...idle.keys()].at(-1);
    if (thread === undefined) return threads.size < size ? spawn() : undefined;
    clearTimeout(idle.get(thread));
    idle.delete(thread);
    return thread;
  };

  const waitForThread = (signal: AbortSignal): Promise<AgentThread> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiters.delete(waiter);
        signal.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        resolve(thread) {
          leave();
          resolve(thread);
        },
        reject(error) {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      waiters.add(waiter);
    });

  return {
    async run(request, context) {
      if (isClosed) throw new AppError("shutting_down");
      context.signal.throwIfAborted();
      const free = freeThread();
      if (free !== undefined) return free.run(request, context);
      if (waiters.size >= maxWaiting) throw new AppError("rate_limit_exceeded");
      const thread = await waitForThread(context.signal);
      return thread.run(request, context);
    },
    async close() {
      isClosed = true;
      const reason = new AppError("shutting_down");
      for (const waiter of waiters) waiter.reject(reason);
      for (const timer of idle.values()) clearTimeout(timer);
      idle.clear();
      await Promise.all([...threads].map((thread) => thread.terminate(reason)));
    },
  };
}
