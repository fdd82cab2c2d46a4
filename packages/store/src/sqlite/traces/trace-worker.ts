import { Worker } from "node:worker_threads";
import { StoreUnavailableError } from "../../errors.js";
import type { SpanPage } from "../../ports/traces.js";
import { fileFault } from "../file-fault.js";
import type {
  FromTraceThread,
  ToTraceThread,
  TraceFailure,
  TraceTask,
  TraceThreadData,
} from "./trace-protocol.js";
import { traceThread } from "./trace-thread.js";

/** Compilers that keep functions' names wrap them in calls of this. */
const NAME_HELPER = "const __name = (fn) => fn;";

/** Milliseconds a thread gets to write what waits and end. */
const CLOSE_MS = 5_000;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** The thread that has the file of traces, from this side. It keeps the process alive while it has something to do. */
export class TraceWorker {
  readonly #data: TraceThreadData;
  readonly #report: (error: unknown) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #tasks = 0;

  constructor(data: TraceThreadData, report: (error: unknown) => void) {
    this.#data = data;
    this.#report = report;
  }

  /** Starts the thread with the first task, and again after one that stopped. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what its task gives.
  ask<Value extends string[] | SpanPage | null>(task: TraceTask): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const number = ++this.#tasks;
    this.#waiting.set(number, { resolve, reject });
    const worker = this.#thread();
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window.
    worker.postMessage({ ...task, task: number } satisfies ToTraceThread);
    return promise;
  }

  /** Ends the thread once all it was asked is done. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    worker.once("exit", () => resolve());
    const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
    try {
      await this.ask({ type: "close" });
      await ended;
    } catch {
      // The thread stopped by itself: its tasks have failed already.
    } finally {
      clearTimeout(timer);
    }
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const code = `${NAME_HELPER}
      const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
      const sqlite = process.getBuiltinModule("node:sqlite");
      const zlib = process.getBuiltinModule("node:zlib");
      (${String(traceThread)})({ sqlite, zlib, port: parentPort, data: workerData });`;
    const worker = new Worker(code, {
      eval: true,
      workerData: this.#data,
      // Some releases warn that node:sqlite may still change; the driver's tests run on every one it supports.
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    worker.on("message", (message: FromTraceThread) => this.#receive(message));
    worker.on("error", (error) => this.#stopped(error));
    worker.on("exit", () => this.#stopped(new Error("The thread has ended.")));
    this.#worker = worker;
    return worker;
  }

  #receive(message: FromTraceThread): void {
    if (message.task === undefined) {
      this.#report(this.#fault(message.failed));
      return;
    }
    const waiting = this.#waiting.get(message.task);
    this.#waiting.delete(message.task);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ("failed" in message) waiting?.reject(this.#fault(message.failed));
    else waiting?.resolve(message.value as never);
  }

  #stopped(cause: Error): void {
    this.#worker = undefined;
    const { errcode } = cause as { errcode?: number };
    const error = this.#fault({ message: cause.message, errcode });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  /** What a failure means for the one who reads the message. */
  #fault({ message, errcode }: TraceFailure): unknown {
    const { path } = this.#data;
    if (errcode !== undefined)
      return fileFault(Object.assign(new Error(message), { errcode }), path);
    return new StoreUnavailableError("io", `The store's file "${path}" failed: ${message}`);
  }
}
