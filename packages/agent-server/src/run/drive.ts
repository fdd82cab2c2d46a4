import { runWithContext } from "@wheelhouse/agent-sdk";
import { type AppError, LazyAbortController, type Part } from "@wheelhouse/core";
import { abortCodeOf, abortError } from "./abort-run.js";
import { consume, isPieces } from "./consume.js";
import { clientMessage, failRun, storeFailed } from "./fail-run.js";
import type { Producer } from "./producer.js";
import type { ApprovalRequest, Run } from "./run.js";

/** Where the events of a run go; a promise holds the author back. */
type Send = (events: ReturnType<Producer["start"]>) => Promise<void> | undefined;

/** How a run was settled. */
export interface DriveEnd {
  /** Why it failed or was cancelled; undefined when it ended well. */
  readonly failure: AppError | undefined;
  /** True: it has not ended, another process or a later start goes on with it. */
  readonly left: boolean;
}

/** A run's author at work. */
export interface Drive {
  /** Never rejects. */
  readonly ended: Promise<DriveEnd>;
  /** Ends the run because of something outside it. */
  fail(error: unknown): void;
  /** Lets go of the run without an end: somebody else goes on with it. */
  leave(): void;
}

type Outcome =
  | { readonly kind: "done" | "left" }
  | { readonly kind: "thrown"; readonly error: unknown }
  | { readonly kind: "approval"; readonly request: ApprovalRequest };

/**
 * Runs the author through a producer until the run is settled: ended, failed, cancelled, or told to stop.
 * An author that hangs cannot hold it up; what it gives afterwards is dropped.
 *
 * @param refused - why the run may not start: it fails without the author being called.
 */
export function startDrive(
  run: Run,
  producer: Producer,
  send: Send,
  refused?: { readonly error: unknown },
): Drive {
  const { promise: ended, resolve } = Promise.withResolvers<DriveEnd>();
  const over = new LazyAbortController();
  const settle = (outcome: Outcome): void => {
    if (over.aborted) return;
    let failure: AppError | undefined;
    if (outcome.kind !== "left") {
      try {
        if (outcome.kind === "thrown") throw outcome.error;
        if (outcome.kind === "approval")
          void send(producer.accept(approvalPart(run, outcome.request)));
        void send(producer.end());
        run.span.setStatus("ok");
        if (run.span.isRecording) run.span.setOutputs(producer.outputs());
      } catch (error) {
        failure = failRun(run, error);
        const message = clientMessage(run, failure);
        const isAskedFor = run.cancellation.aborted || refused !== undefined;
        const isCancelled = isAskedFor && failure.code === "cancelled";
        void send(
          isCancelled ? producer.cancel(failure, message) : producer.fail(failure, message),
        );
      }
    }
    over.abort(undefined);
    run.close();
    resolve({ failure, left: outcome.kind === "left" });
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

  run.cancellation.onAbort((reason) => {
    if (run.approval !== undefined) {
      settle({ kind: "approval", request: run.approval });
      return;
    }
    const isHandedOver = run.input.handsOver === true && abortCodeOf(reason) === "shutting_down";
    settle(
      isHandedOver ? { kind: "left" } : { kind: "thrown", error: abortError(run.cancellation) },
    );
  });
  if (refused !== undefined) settle({ kind: "thrown", error: refused.error });
  if (!over.aborted)
    void runWithContext(run.context, work).then(
      () => settle({ kind: "done" }),
      (error: unknown) => settle({ kind: "thrown", error }),
    );
  return {
    ended,
    fail(error) {
      if (over.aborted) storeFailed(run, error);
      settle({ kind: "thrown", error });
      // The author may be waiting for something that only its signal ends.
      run.abort("cancelled");
    },
    leave() {
      settle({ kind: "left" });
      run.abort("superseded");
    },
  };
}

/** The question as the item that a client answers (Responses API, `mcp_approval_request`). */
function approvalPart(run: Run, request: ApprovalRequest): Part {
  const item = { type: "mcp_approval_request", server_label: run.input.agent.name, ...request };
  return { $part: "item", item };
}
