import { runWithContext } from "@wheelhouse/agent-sdk";
import { type AppError, LazyAbortController } from "@wheelhouse/core";
import { abortError } from "./abort-run.js";
import { consume, isPieces } from "./consume.js";
import { clientMessage, failRun, storeFailed } from "./fail-run.js";
import type { Producer } from "./producer.js";
import type { Run } from "./run.js";

/** Where the events of a run go; a promise holds the author back. */
type Send = (events: ReturnType<Producer["start"]>) => Promise<void> | undefined;

/** A run's author at work. */
export interface Drive {
  /** Gives the failure, if any. Never rejects. */
  readonly ended: Promise<AppError | undefined>;
  /** Ends the run because of something outside it. */
  fail(error: unknown): void;
}

/**
 * Runs the author through a producer until the run is settled: ended, failed, or told to stop. An author
 * that hangs cannot hold it up; what it gives afterwards is dropped.
 */
export function startDrive(run: Run, producer: Producer, send: Send): Drive {
  const { promise: ended, resolve } = Promise.withResolvers<AppError | undefined>();
  const over = new LazyAbortController();
  const settle = (thrown?: { error: unknown }): void => {
    if (over.aborted) return;
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
    over.abort(undefined);
    run.close();
    resolve(failure);
  };
  const work = async (): Promise<void> => {
    const room = send(producer.start());
    if (room !== undefined) await room;
    const given: unknown = await run.input.handler.run(run.input.request, run.context);
    if (over.aborted) return;
    if (!isPieces(given)) {
      return send(producer.acceptResult(given));
    }
    const accept = (piece: unknown): boolean | Promise<boolean> => {
      const wait = send(producer.accept(piece));
      if (wait === undefined) return !producer.isStopped();
      return wait.then(() => !producer.isStopped());
    };
    await consume(given, { accept, over });
  };

  run.cancellation.onAbort(() => settle({ error: abortError(run.cancellation) }));
  if (!over.aborted)
    void runWithContext(run.context, work).then(
      () => settle(),
      (error: unknown) => settle({ error }),
    );
  return {
    ended,
    fail(error) {
      if (over.aborted) storeFailed(run, error);
      settle({ error });
      // The author may be waiting for something that only its signal ends.
      run.abort("cancelled");
    },
  };
}
