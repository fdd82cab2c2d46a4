import { type AbortNotice, AppError, LazyAbortController } from "@wheelhouse/core";
import {
  type AppendResult,
  isLogFencedError,
  isStoreUnavailableError,
  type Log,
  type LogEntry,
  type LogEvent,
  type LogWriter,
} from "@wheelhouse/store";
import { answered } from "../run/answered.js";
import { isTerminalEvent } from "../run/terminal-events.js";
import type { LateAnswers } from "./late-answers.js";

/** Events that may wait for the store, or for a reader where the store fails, before the author waits. */
const MAX_WAITING = 4_096;
/** Characters of the same. One yield may be longer, and is then the only one that waits. */
const MAX_WAITING_CHARACTERS = 1_048_576;
/** Milliseconds between two tries of an append that the store has no room for, and how long they go on. */
const RETRY_MS = 50;
const RETRIES_MS = 30_000;

/** Why a read of the log is given up. Made once: an abort without a reason makes a DOMException. */
const GONE = new Error("The log has no more events.");

/** Whom an outlet tells of what the store says. */
export interface StoredOutletEvents {
  /** The log takes no more events; readers of this process go on. Called at most once. */
  readonly faulted: (error: unknown) => void;
  /** The log takes no more events, and nobody here reads them: the run must end. */
  readonly broken: (error: unknown) => void;
  /** Another process has taken the run over. Called at most once. */
  readonly fenced: () => void;
  /** Somebody asked for the run to stop. May be called again. */
  readonly cancelRequested: () => void;
}

/** A reader of this process, whom a failing store does not cut off. */
export interface LiveReader {
  /** From this seq on, {@link take} gives what the log has confirmed; undefined where the log itself is read. */
  readonly fedFrom: number | undefined;
  /** Aborted when the log has no more for it: what follows comes from {@link take}. */
  readonly gone: AbortNotice;
  /** Tells how far it has read, and of how many characters the new events were. */
  read(seq: number, characters: number): void;
  /**
   * What comes after a seq, for a reader that is fed; for others what the store did not take. Waits for it.
   * Undefined at the end, or when it has left. One call at a time.
   */
  take(after: number): Promise<readonly LogEntry[] | undefined>;
  leave(): void;
}

/** Where a stored run's events go. */
export interface StoredOutlet {
  /** Takes events in order. A promise asks the author to wait. */
  readonly send: (events: readonly LogEvent[]) => Promise<void> | undefined;
  /** Seq of the last event sent; -1 before the first. */
  readonly lastSeq: () => number;
  /** Renews the lease while there is nothing to append. */
  readonly renew: () => void;
  /**
   * Adds a reader. One that `holds` is the only one the run is for: it is fed with all events, whatever the
   * log lets go of, and the author waits for it. Throws `unavailable` where the store failed and has lost
   * events that the reader would need.
   */
  readonly attach: (after: number, holds: boolean) => LiveReader;
  /**
   * Writes what is left and ends the log. `beside` is called right before the last event goes to the store,
   * so that both are committed together. Rejects with what failed.
   */
  readonly close: (beside: () => unknown) => Promise<void>;
}

interface Reader {
  readonly holds: boolean;
  /** Confirmed events that it has not taken, where it holds the author. */
  fed: LogEntry[];
  cursor: number;
  /** Characters of the events that it has read. */
  characters: number;
  hasLeft: boolean;
  /** The call of `take` that waits. */
  taking: { readonly after: number; readonly resolve: (taken: Taken) => void } | undefined;
  readonly giveUp: LazyAbortController;
}

type Taken = readonly LogEntry[] | undefined;

/**
 * A stored run's way into its log. Events of one turn of the event loop are one append; one append is under
 * way at a time, so that a failing store loses the end of the log and never its middle. A slow store holds
 * the author back, readers do not, but for one whose run it is alone. Where the store fails, readers of this
 * process go on with what it did not take, and then they all do.
 */
export function createStoredOutlet(
  log: Log,
  writer: LogWriter,
  late: LateAnswers,
  events: StoredOutletEvents,
): StoredOutlet {
  /** Seq of the first event that the log has not confirmed. */
  let base = writer.nextSeq;
  /** Events of the append under way, which begin at `base`, and those behind them. */
  let flight: readonly LogEvent[] = [];
  let queue: LogEvent[] = [];
  let characters = 0;
  /** Characters of all events that were confirmed. */
  let appended = 0;
  /** The event that ends the response: it waits for what is written beside it. */
  let last: LogEvent | undefined;
  /** An append is under way. */
  let appending = false;
  /** `performance.now()` when the store first had no room for the append under way. */
  let busySince: number | undefined;
  /** The next append waits for a reader that is too far behind. */
  let isHeld = false;
  /** Resolved when no append is under way and the last may follow. */
  let drained: PromiseWithResolvers<void> | undefined;
  let scheduled = false;
  let closed = false;
  /** The last append is under way, and the log is closed behind it. */
  let isEnding = false;
  /** Nothing comes any more. */
  let finished = false;
  let fenced = false;
  let fault: { readonly error: unknown; readonly base: number } | undefined;
  let room: PromiseWithResolvers<void> | undefined;
  const readers = new Set<Reader>();

  /** Whether a reader that holds the author is so far behind what the log has that it might miss something. */
  const isAhead = (): boolean => {
    for (const reader of readers) {
      const behind = base - 1 - reader.cursor;
      const isBehind = appended - reader.characters > MAX_WAITING_CHARACTERS && behind > 1;
      if (reader.holds && (behind > MAX_WAITING || isBehind)) return true;
    }
    return false;
  };

  const isFull = (): boolean =>
    flight.length + queue.length > MAX_WAITING || characters > MAX_WAITING_CHARACTERS || isAhead();

  const giveRoom = (): void => {
    if (isHeld) advance();
    if (isFull() && !fenced) return;
    room?.resolve();
    room = undefined;
  };

  /** What there is for a reader: nothing yet, something, or the end. */
  const next = (reader: Reader, seqRead: number): Taken | "nothing" => {
    if (reader.hasLeft) return undefined;
    if (reader.fed.length > 0) {
      const { fed } = reader;
      reader.fed = [];
      return fed;
    }
    const lost = fault === undefined ? [] : after(seqRead);
    if (lost.length > 0) return lost;
    return finished ? undefined : "nothing";
  };

  const wake = (reader: Reader): void => {
    const { taking } = reader;
    const taken = taking === undefined ? "nothing" : next(reader, taking.after);
    if (taken === "nothing") return;
    reader.taking = undefined;
    taking!.resolve(taken);
  };

  const wakeAll = (): void => {
    for (const reader of readers) wake(reader);
  };

  const pass = (passed: readonly LogEvent[]): void => {
    base += passed.length;
    for (const { data } of passed) {
      characters -= data.length;
      appended += data.length;
    }
    giveRoom();
  };

  /** Hands events that the log has taken to those whose run it is. */
  const feed = (taken: readonly LogEvent[]): void => {
    for (const reader of readers) {
      if (!reader.holds) continue;
      let seq = base - taken.length;
      for (const { type, data } of taken) reader.fed.push({ type, data, seq: seq++ });
      wake(reader);
    }
  };

  const fail = (error: unknown): void => {
    if (fault !== undefined || fenced) return;
    if (isLogFencedError(error)) {
      fenced = true;
      queue = [];
      giveRoom();
      events.fenced();
      return;
    }
    fault = { error, base };
    for (const reader of readers) if (reader.cursor + 1 >= base) reader.giveUp.abort(GONE);
    wakeAll();
    if (readers.size === 0) events.broken(error);
    else events.faulted(error);
  };

  /**
   * Hands a batch to the log; only one is on its way. Callbacks and one promise, the log's own: this is done
   * once for each event of a paced stream, and async functions with a timer each cost as much as the event.
   */
  const append = (batch: readonly LogEvent[]): void => {
    appending = true;
    flight = batch;
    let answer: AppendResult | Promise<AppendResult>;
    try {
      answer = log.append(writer, batch);
    } catch (error) {
      refused(batch, error);
      return;
    }
    if (!(answer instanceof Promise)) {
      taken(batch, answer);
      return;
    }
    // An answer that comes after its time is none: what it was for is kept as not taken.
    let isOver = false;
    const waiting = late.begin((error) => {
      isOver = true;
      refused(batch, error);
    });
    answer.then(
      (result) => {
        if (isOver) return;
        late.end(waiting);
        taken(batch, result);
      },
      (error: unknown) => {
        if (isOver) return;
        late.end(waiting);
        refused(batch, error);
      },
    );
  };

  const taken = (batch: readonly LogEvent[], { cancelRequested }: AppendResult): void => {
    flight = [];
    busySince = undefined;
    if (batch.length > 0) {
      pass(batch);
      feed(batch);
    }
    // Not before: what follows must not be fed first.
    appending = false;
    if (cancelRequested) events.cancelRequested();
    advance();
  };

  /** Whether an append is tried again: a store that is busy with other runs is waited for, and the author waits. */
  const mayRetry = (error: unknown): boolean => {
    if (!isStoreUnavailableError(error) || error.fault !== "overloaded" || isEnding) return false;
    busySince ??= performance.now();
    return performance.now() - busySince < RETRIES_MS;
  };

  const refused = (batch: readonly LogEvent[], error: unknown): void => {
    if (mayRetry(error)) {
      setTimeout(() => append(batch), RETRY_MS);
      return;
    }
    appending = false;
    flight = [];
    queue = [...batch, ...queue];
    fail(error);
    advance();
  };

  /** Appends what waits, never more at once than a reader may be behind, and never to one that is too far. */
  const advance = (): void => {
    if (appending) return;
    const isOver = queue.length === 0 || fault !== undefined || fenced;
    isHeld = !isOver && isAhead();
    if (isHeld) return;
    // Once closed, what is left goes with the last event: one commit less to wait for.
    if (isOver || (closed && queue.length < MAX_WAITING)) {
      drained?.resolve();
      drained = undefined;
      return;
    }
    const batch = queue.length > MAX_WAITING ? queue.splice(0, MAX_WAITING) : queue;
    if (batch === queue) queue = [];
    append(batch);
  };

  const flush = (): void => {
    scheduled = false;
    advance();
  };

  /** Lets go of what every reader of a failing store has read. */
  const trim = (): void => {
    if (fault === undefined || readers.size === 0) return;
    const read = Math.min(...[...readers].map(({ cursor }) => cursor));
    if (read >= base) pass(queue.splice(0, read + 1 - base));
  };

  const after = (seq: number): LogEntry[] =>
    queue.map((event, at) => ({ ...event, seq: base + at })).filter((entry) => entry.seq > seq);

  return {
    send(given) {
      if (given.length === 0 || closed || fenced) return undefined;
      for (const event of given) {
        if (isTerminalEvent(event.type)) {
          last = event;
          continue;
        }
        queue.push(event);
        characters += event.data.length;
      }
      if (fault !== undefined) wakeAll();
      else if (!scheduled && !appending && queue.length > 0) {
        scheduled = true;
        process.nextTick(flush);
      }
      if (!isFull()) return undefined;
      room ??= Promise.withResolvers();
      return room.promise;
    },
    lastSeq: () => base + flight.length + queue.length - 1,
    renew() {
      const isIdle = queue.length === 0 && !appending;
      if (isIdle && !closed && !fenced && fault === undefined) append([]);
    },
    attach(seq, holds) {
      if (fault !== undefined && base > Math.max(fault.base, seq + 1))
        throw new AppError("unavailable", { cause: fault.error });
      const reader: Reader = {
        holds,
        fed: [],
        cursor: seq,
        characters: 0,
        hasLeft: false,
        taking: undefined,
        giveUp: new LazyAbortController(),
      };
      readers.add(reader);
      const checkGone = (): void => {
        if (fault !== undefined && reader.cursor + 1 >= fault.base) reader.giveUp.abort(GONE);
      };
      checkGone();
      return {
        fedFrom: holds ? base : undefined,
        gone: reader.giveUp,
        read(upTo, read) {
          reader.cursor = upTo;
          reader.characters += read;
          checkGone();
          trim();
          giveRoom();
        },
        take(seqRead) {
          const there = next(reader, seqRead);
          if (there !== "nothing") return Promise.resolve(there);
          const { promise, resolve } = Promise.withResolvers<Taken>();
          reader.taking = { after: seqRead, resolve };
          return promise;
        },
        leave() {
          if (reader.hasLeft) return;
          reader.hasLeft = true;
          readers.delete(reader);
          wake(reader);
          giveRoom();
          if (fault === undefined || closed) return;
          if (readers.size === 0) events.broken(fault.error);
          else trim();
        },
      };
    },
    async close(beside) {
      if (closed) return;
      closed = true;
      const ready = (drained = Promise.withResolvers());
      advance();
      await ready.promise;
      if (last !== undefined) queue.push(last);
      try {
        if (fenced) return;
        const writes: unknown[] = [beside()];
        // One turn of the event loop, so one commit: who reads the last event finds the record final.
        if (fault === undefined) {
          drained = Promise.withResolvers();
          writes.push(drained.promise);
          isEnding = true;
          append(queue.splice(0));
          writes.push(closeLog());
        }
        await Promise.all(writes);
      } finally {
        finished = true;
        wakeAll();
      }
      // A reader that was there before the fault has been told what the log has lost.
      if (fault !== undefined) throw fault.error;
    },
  };

  async function closeLog(): Promise<void> {
    const closing = log.close(writer);
    if (closing instanceof Promise) await answered(closing);
  }
}
