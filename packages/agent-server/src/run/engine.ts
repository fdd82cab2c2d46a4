import type { AppError } from "@wheelhouse/core";
import { AppError as AppErrorClass, errorText, publicMessage, toAppError } from "@wheelhouse/core";
import { runWithContext } from "@wheelhouse/agent-sdk";
import type { Log, LogWriter, Store } from "@wheelhouse/store";
import { abortError } from "./abort-run.js";
import { type Admission, createAdmission, type Release } from "./admission.js";
import { answered } from "./answered.js";
import { consume, isPieces } from "./consume.js";
import { createOutlet, type EncodeEntries } from "./outlet.js";
import type { Producer } from "./producer.js";
import { createRun, type Run, type RunInput, type RunSettings } from "./run.js";

/** Runs agents: starts them under their limits, hands their output on, ends each exactly once. */
export interface Engine {
  /** Waits for a place and starts a run. Throws `rate_limit_exceeded` when too many wait. */
  start(input: RunInput): Run | Promise<Run>;
  /** Runs the author to the end through a producer, without a reader. Rejects with an error fit to be answered. */
  complete(run: Run, producer: Producer): Promise<void>;
  /** Runs the author through a producer and gives what goes on the wire, text by text. A failure is in the text. */
  stream(
    run: Run,
    producer: Producer,
    encode: EncodeEntries,
  ): Promise<AsyncIterableIterator<string, void, void>>;
  /** Waits for the runs whose clients have left, then stops those that are still under way. */
  close(graceMs: number): Promise<void>;
}

export function createEngine(store: Store, settings: RunSettings): Engine {
  const admissions = new Map<string, Admission>();
  const running = new Set<Run>();
  let idle: (() => void) | undefined;

  const begin = (input: RunInput, release: Release): Run => {
    const run = createRun(settings, input, () => {
      release();
      running.delete(run);
      if (running.size === 0) idle?.();
    });
    running.add(run);
    return run;
  };

  return {
    start(input) {
      const { options } = input.handler;
      let admission = admissions.get(input.agent.name);
      if (admission === undefined)
        admissions.set(input.agent.name, (admission = createAdmission()));
      const release = admission.enter(options, input.client);
      return release instanceof Promise
        ? release.then((got) => begin(input, got))
        : begin(input, release);
    },

    async complete(run, producer) {
      const failure = await startDrive(run, producer, () => undefined).ended;
      if (failure !== undefined) throw answerable(failure);
    },

    async stream(run, producer, encode) {
      let writer: LogWriter;
      try {
        writer = await openLog(store.log, run);
      } catch (thrown) {
        const failure = failRun(run, thrown);
        run.close();
        throw failure;
      }
      let drive: Drive | undefined;
      const outlet = createOutlet(store.log, writer, {
        // The outlet may find out while the drive is being made.
        broken: (error) => queueMicrotask(() => drive?.fail(error)),
        notRemoved: (error) => storeFailed(run, error),
      });
      drive = startDrive(run, producer, outlet.send);
      void drive.ended.then(outlet.close);
      return outlet.read(encode);
    },

    async close(graceMs) {
      if (running.size > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, graceMs);
          idle = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      for (const run of running) run.abort("shutting_down");
    },
  };
}

/** Opens a run's log, given up when the run is told to stop; a log that is opened after that is removed. */
async function openLog(log: Log, run: Run): Promise<LogWriter> {
  const owner = run.input.user?.id ?? null;
  const opened = log.open(run.responseId, owner, { retain: "unread" });
  if (!(opened instanceof Promise)) return opened;
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(abortError(run.signal));
  if (run.signal.aborted) stop();
  else run.signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([answered(opened), stopped.promise]);
  } catch (error) {
    void opened.then(({ logId }) => log.remove(logId)).catch(() => {});
    throw error;
  } finally {
    run.signal.removeEventListener("abort", stop);
  }
}

type Send = (events: ReturnType<Producer["start"]>) => void | Promise<void>;

/** A run's author at work. */
interface Drive {
  /** Gives the failure, if any. Never rejects. */
  readonly ended: Promise<AppError | undefined>;
  /** Ends the run because of something outside it. */
  fail(error: unknown): void;
}

/**
 * Runs the author through a producer until the run is settled: ended, failed, or told to stop. An author
 * that hangs cannot hold it up; what it gives afterwards is dropped.
 */
function startDrive(run: Run, producer: Producer, send: Send): Drive {
  const { promise: ended, resolve } = Promise.withResolvers<AppError | undefined>();
  const over = new AbortController();
  const settle = (thrown?: { error: unknown }): void => {
    if (over.signal.aborted) return;
    run.signal.removeEventListener("abort", stop);
    let failure: AppError | undefined;
    try {
      if (thrown !== undefined) throw thrown.error;
      void send(producer.end());
      run.span.setStatus("ok");
      if (run.span.isRecording) run.span.setOutputs(producer.outputs());
    } catch (error) {
      failure = failRun(run, error);
      void send(producer.fail(failure, clientMessage(run, failure)));
    }
    over.abort();
    run.close();
    resolve(failure);
  };
  const stop = (): void => settle({ error: abortError(run.signal) });

  const work = async (): Promise<void> => {
    await send(producer.start());
    const given: unknown = await run.input.handler.run(run.input.request, run.context);
    if (over.signal.aborted) return;
    if (!isPieces(given)) {
      await send(producer.acceptResult(given));
      return;
    }
    const accept = (piece: unknown): boolean | Promise<boolean> => {
      const wait = send(producer.accept(piece));
      if (wait === undefined) return !producer.stopped;
      return wait.then(() => !producer.stopped);
    };
    await consume(given, { accept, signal: over.signal });
  };

  run.signal.addEventListener("abort", stop, { once: true });
  if (run.signal.aborted) stop();
  else
    void runWithContext(run.context, work).then(
      () => settle(),
      (error: unknown) => settle({ error }),
    );
  return {
    ended,
    fail(error) {
      if (over.signal.aborted) storeFailed(run, error);
      settle({ error });
      // The author may be waiting for something that only its signal ends.
      run.abort("cancelled");
    },
  };
}

/** Notes a failure in the span and the log, with what a client never sees. */
function failRun(run: Run, thrown: unknown): AppError {
  const error = run.signal.aborted ? abortError(run.signal) : toAppError(thrown, "task_failed");
  run.span.setStatus("error", errorText(error.cause ?? error));
  const fields = { error_code: error.code, err: error.cause ?? error };
  try {
    const { log } = run.context;
    if (error.code === "client_disconnected") log.debug(fields, "The client left the run.");
    else if (error.status >= 500) log.error(fields, "The run failed.");
    else log.info(fields, "The run ended with an error of the author's.");
  } catch {
    // A logger that cannot write a thrown value (its getters may throw) must not keep the run open.
  }
  return error;
}

/** Notes a failure of the store that changes nothing for the client. */
function storeFailed(run: Run, error: unknown): void {
  try {
    run.context.log.warn({ err: error }, "The store failed at the end of a run.");
  } catch {
    // What a logger throws is nobody's failure here.
  }
}

function clientMessage(run: Run, error: AppError): string {
  const { requestId } = run.input;
  return publicMessage(error, { exposeErrors: run.settings.exposeErrors, requestId });
}

/**
 * The failure as an HTTP answer: OpenAI's clients run a request again after a 429 or 5xx, and the agent
 * has already run once (responses-api: retries). An author who set `retry-after` asks for the retry.
 */
function answerable(error: AppError): AppError {
  if ("retry-after" in error.headers || "x-should-retry" in error.headers) return error;
  const { code, message, status, param, detail, cause } = error;
  return new AppErrorClass(code, {
    message,
    status,
    param: param ?? undefined,
    detail,
    cause,
    headers: { ...error.headers, "x-should-retry": "false" },
  });
}
