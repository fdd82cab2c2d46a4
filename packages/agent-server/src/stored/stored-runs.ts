import type { AbortCode, AppError, Response, ResponseId } from "@wheelhouse/core";
import type { LogEvent, Store } from "@wheelhouse/store";
import type { Release } from "../run/admission.js";
import { abortCodeOf } from "../run/abort-run.js";
import { answered } from "../run/answered.js";
import { startDrive } from "../run/drive.js";
import type { Engine } from "../run/engine.js";
import { answeredIn } from "../run/open-log.js";
import { failRun, storeFailed } from "../run/fail-run.js";
import type { Run, RunInput } from "../run/run.js";
import type { ResponsesProducer } from "../wire/responses/responses-producer.js";
import { LateAnswers } from "./late-answers.js";
import type { ResponseRecord, ResponseRecords } from "./response-records.js";
import type { StepRecords } from "./step-records.js";
import { storeFault } from "./store-fault.js";
import type { Withheld } from "./withheld.js";
import { createStoredOutlet, type StoredOutlet } from "./stored-outlet.js";

/** Gives what the place was refused with; a run that is stopped while it waits needs none. */
async function waitForPlace(
  run: Run,
  place: Promise<Release>,
): Promise<{ readonly error: unknown } | undefined> {
  const stopped = Promise.withResolvers<undefined>();
  const unlisten = run.cancellation.onAbort(() => stopped.resolve(undefined));
  try {
    const release = await Promise.race([place, stopped.promise]);
    if (release !== undefined) run.admit(release);
    else void place.then((late) => late()).catch(() => {});
    return undefined;
  } catch (error) {
    return { error };
  } finally {
    unlisten();
  }
}

/** How a stored run ended. */
export interface StoredEnd {
  readonly response: Response;
  /** Why it failed or was cancelled; undefined when it ended well. */
  readonly failure: AppError | undefined;
  /** True: it has not ended; another process or a later start goes on with it. */
  readonly left: boolean;
}

/** A stored run of this process that has not ended. */
export interface StoredRun {
  readonly id: ResponseId;
  readonly owner: string | null;
  readonly run: Run;
  readonly producer: ResponsesProducer;
  readonly outlet: StoredOutlet;
  /** Settles when everything is written. Never rejects. */
  readonly ended: Promise<StoredEnd>;
}

/** What a stored run is started with. */
export interface StoredRunInput {
  readonly run: RunInput & { readonly responseId: ResponseId };
  readonly owner: string | null;
  /** The request, for the span. */
  readonly inputs: unknown;
  /** As it is written before the author is called, but for the response itself. */
  readonly record: Omit<ResponseRecord, "response">;
  /** Version the record must have: 0 for a new one. */
  readonly version: number;
  readonly producer: (run: Run) => ResponsesProducer | Promise<ResponsesProducer>;
  /** The place to run; a promise of one makes the response `queued` until it comes. */
  readonly place: Release | Promise<Release>;
  /** Why the run may not go on: it fails without the author being called. */
  readonly refused?: { readonly error: AppError } | undefined;
  /** Events that go before the first of this attempt: what ends the items of an earlier one. */
  readonly before: readonly LogEvent[];
  /** Called at the end, with what is committed together with the last event. */
  readonly beside: (
    response: Response,
    failure: AppError | undefined,
    withheld: Withheld | undefined,
  ) => unknown;
}

/** The stored runs of this process. */
export interface StoredRuns {
  /**
   * Writes the record, opens the log, then calls the author. Resolves when both are durable; rejects with
   * an error fit to be answered, without the author having been called.
   */
  start(input: StoredRunInput): Promise<StoredRun>;
  /** A run of this process that has not ended. */
  get(id: string): StoredRun | undefined;
  /** Tells a run to stop, wherever it runs; true when there was one that had not ended. */
  stop(id: string, code: AbortCode): Promise<boolean>;
  /** Waits until what has ended is written, at most so many milliseconds. */
  close(milliseconds: number): Promise<void>;
}

/** What stored runs are made with. */
export interface StoredRunsParts {
  readonly store: Store;
  readonly engine: Engine;
  readonly records: ResponseRecords;
  readonly steps: StepRecords;
  /** Milliseconds between two signs of life of a run. */
  readonly renewMs: number;
}

export function createStoredRuns(parts: StoredRunsParts): StoredRuns {
  const { store, engine, records, steps } = parts;
  const runs = new Map<string, StoredRun>();
  const finishing = new Set<Promise<unknown>>();
  const late = new LateAnswers();
  let timer: NodeJS.Timeout | undefined;

  /** One timer for all runs, and only while there are any. */
  const beat = (): void => {
    for (const { outlet } of runs.values()) outlet.renew();
  };
  const keep = (stored: StoredRun): void => {
    runs.set(stored.id, stored);
    timer ??= setInterval(beat, parts.renewMs).unref();
    finishing.add(stored.ended);
    void stored.ended.then(() => {
      runs.delete(stored.id);
      finishing.delete(stored.ended);
      if (runs.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
  };

  const start: StoredRuns["start"] = async (input) => {
    const { responseId: id } = input.run;
    const { owner, place } = input;
    const waits = place instanceof Promise;
    const run = engine.begin(
      { ...input.run, waits, steps: steps.of(input.record.stepsOf, owner) },
      waits ? () => {} : place,
    );
    if (run.span.isRecording) run.span.setInputs(input.inputs);
    if (waits) place.catch(() => {});
    let version: number;
    let producer: ResponsesProducer;
    let outlet: StoredOutlet;
    let drive: ReturnType<typeof startDrive> | undefined;
    try {
      producer = await input.producer(run);
      const status = waits ? "queued" : "in_progress";
      const record = { ...input.record, response: { ...producer.snapshot(), status } } as const;
      // Both in one turn of the event loop, and so in one commit.
      const [stored, writer] = await answeredIn(
        run,
        Promise.all([
          records.put(id, record, { owner, ifVersion: input.version }),
          store.log.open(id, owner),
        ]),
      );
      version = stored.version;
      outlet = createStoredOutlet(store.log, writer, late, {
        faulted: (error) => storeFailed(run, error),
        broken: (error) => queueMicrotask(() => drive?.fail(storeFault(error))),
        fenced: () => queueMicrotask(() => drive?.leave()),
        cancelRequested: () => void stopLocal(id),
      });
    } catch (error) {
      const failure = failRun(run, storeFault(error));
      run.close();
      if (waits) void place.then((release) => release()).catch(() => {});
      throw failure;
    }

    const unlisten = store.log.onCancel(id, () => void stopLocal(id));
    const { promise: ended, resolve } = Promise.withResolvers<StoredEnd>();
    const stored: StoredRun = { id, owner, run, producer, outlet, ended };
    keep(stored);
    if (input.before.length > 0) void outlet.send(input.before);
    if (waits) void outlet.send(producer.queue());

    const go = async (): Promise<void> => {
      const refused = input.refused ?? (waits ? await waitForPlace(run, place) : undefined);
      drive = startDrive(run, producer, outlet.send, refused);
      const { failure, left } = await drive.ended;
      unlisten();
      if (left) await leave(stored, input, version);
      else {
        const response = producer.response();
        // The last event is held back until its record is written beside it.
        const lastSeq = outlet.lastSeq() + 1;
        try {
          await outlet.close(() =>
            Promise.all([
              records.put(
                id,
                {
                  ...input.record,
                  response,
                  state: "ended",
                  lastSeq,
                  errorStatus: failure?.status,
                  withheld: producer.withheld(),
                },
                { ifVersion: version },
              ),
              input.beside(response, failure, producer.withheld()),
            ]),
          );
        } catch (error) {
          storeFailed(run, error);
        }
      }
      resolve({ response: left ? producer.snapshot() : producer.response(), failure, left });
    };
    void go();
    return stored;
  };

  /** Marks the record of a run that a later start goes on with, so that nobody waits for its lease to end. */
  const leave = async (
    { id, run, producer }: StoredRun,
    { record }: StoredRunInput,
    ifVersion: number,
  ): Promise<void> => {
    // Whoever took the run over writes its record.
    if (abortCodeOf(run.cancellation.reason) !== "shutting_down") return;
    try {
      const left = { ...record, response: producer.snapshot(), released: true };
      await answered(records.put(id, left, { ifVersion }));
    } catch (error) {
      storeFailed(run, error);
    }
  };

  /** The reason that was put down for a stop that came from elsewhere; an explicit cancel has none. */
  const stopLocal = async (id: string): Promise<void> => {
    const reason = await stops.get(id);
    runs.get(id)?.run.abort(reason?.value.code ?? "cancelled");
  };
  const stops = store.records.collection<{ readonly code: AbortCode }>("stops");

  return {
    start,
    get: (id) => runs.get(id),
    async stop(id, code) {
      const stored = runs.get(id);
      if (stored !== undefined) {
        stored.run.abort(code);
        return true;
      }
      if (code !== "cancelled") await stops.put(id, { code }, { ttlMs: 3_600_000 });
      return store.log.requestCancel(id);
    },
    async close(milliseconds) {
      const overdue = Promise.withResolvers<void>();
      const end = setTimeout(overdue.resolve, milliseconds);
      await Promise.race([Promise.all(finishing), overdue.promise]);
      clearTimeout(end);
      clearInterval(timer);
    },
  };
}
