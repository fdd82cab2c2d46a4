import { type AbortNotice, AppError, LazyAbortController, markLogged } from "@wheelhouse/core";
import type { LogWriter, Store } from "@wheelhouse/store";
import { type Admission, createAdmission, type Release } from "./admission.js";
import { type Drive, startDrive } from "./drive.js";
import { failRun, storeFailed } from "./fail-run.js";
import { openLog } from "./open-log.js";
import { createOutlet, type EncodeEntries } from "./outlet.js";
import type { Producer } from "./producer.js";
import { createRun, type Run, type RunInput, type RunSettings } from "./run.js";

/** Runs agents: starts them under their limits, hands their output on, ends each exactly once. */
export interface Engine {
  /** Waits for a place and starts a run. Throws `rate_limit_exceeded` when too many wait. */
  start(input: RunInput): Run | Promise<Run>;
  /** A place for a run of the agent, for those who {@link Engine.begin} it themselves. */
  enter(
    input: Pick<RunInput, "agent" | "handler">,
    client: AbortNotice,
  ): Release | Promise<Release>;
  /** Starts a run that has a place, or one that `waits` for it. */
  begin(input: RunInput, release: Release): Run;
  /** Runs the author to the end through a producer, without a reader. Rejects with an error fit to be answered. */
  complete(run: Run, producer: Producer): Promise<void>;
  /** Runs the author through a producer and gives what goes on the wire, text by text. A failure is in the text. */
  stream(
    run: Run,
    producer: Producer,
    encode: EncodeEntries,
    /** Called when the run has ended well. */
    onEnd?: () => void,
  ): Promise<AsyncIterableIterator<string, void, void>>;
  /** Waits for the runs whose clients have left, then stops those that are still under way. */
  close(graceMs: number): Promise<void>;
}

/** The client of a run that nobody waits for. */
const NOBODY: AbortNotice = new LazyAbortController();

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

  const enter: Engine["enter"] = ({ agent, handler }, client) => {
    let admission = admissions.get(agent.name);
    if (admission === undefined) admissions.set(agent.name, (admission = createAdmission()));
    return admission.enter(handler.options, client);
  };

  return {
    enter,
    begin,
    start(input) {
      const release = enter(input, input.client ?? NOBODY);
      return release instanceof Promise
        ? release.then((got) => begin(input, got))
        : begin(input, release);
    },

    async complete(run, producer) {
      const { failure } = await startDrive(run, producer, () => undefined).ended;
      if (failure !== undefined) throw answerable(failure);
    },

    async stream(run, producer, encode, onEnd) {
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
      void drive.ended.then(({ failure }) => {
        outlet.close();
        if (failure === undefined) onEnd?.();
      });
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

/**
 * The failure as an HTTP answer: OpenAI's clients run a request again after a 429 or 5xx, and the agent
 * has already run once (responses-api: retries). An author who set `retry-after` asks for the retry.
 */
export function answerable(error: AppError): AppError {
  if ("retry-after" in error.headers || "x-should-retry" in error.headers) return error;
  const { code, message, status, param, detail, cause } = error;
  const answer = new AppError(code, {
    message,
    status,
    param: param ?? undefined,
    detail,
    cause,
    headers: { ...error.headers, "x-should-retry": "false" },
  });
  // The run's own line says more than the request's would.
  return markLogged(answer);
}
