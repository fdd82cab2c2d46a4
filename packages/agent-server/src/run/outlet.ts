import type { Log, LogEntry, LogEvent, LogWriter } from "@wheelhouse/store";
import { answered, STORE_MS } from "./answered.js";

/** Events a reader may be behind before the author waits: with the next, the bound of an unstored stream's buffer. */
const MAX_UNREAD = 1_024;
/** Characters of the same. One yield may be longer, and is then the only one that waits. */
const MAX_UNREAD_CHARACTERS = 4_194_304;

/** Why a read of the log is given up. Made once: an abort without a reason makes a DOMException, with its stack. */
const GIVEN_UP = new Error("Nobody reads this log any more.");

/** Writes a batch of log entries in a wire's form. */
export type EncodeEntries = (entries: readonly LogEntry[]) => string;

/** Whom an outlet tells of a store that fails. */
export interface OutletFaults {
  /** The log takes or gives no more events: the run must end. Called at most once. */
  readonly broken: (error: unknown) => void;
  /** The log could not be removed; the run is not touched. */
  readonly notRemoved: (error: unknown) => void;
}

/** Where a run's events go, and where its one reader takes them from. */
export interface Outlet {
  /** Takes events in order. A promise asks the author to wait for the reader. */
  readonly send: (events: readonly LogEvent[]) => Promise<void> | undefined;
  /** Writes what is left and ends the log. */
  readonly close: () => void;
  /**
   * The events as they come, one text per turn of the event loop; ends when the log is closed. A reader
   * that returns, even before its first `next`, has left. Throws where the store lost the end.
   */
  read(encode: EncodeEntries): AsyncIterableIterator<string, void, void>;
}

/**
 * An unstored run's way through the log. Events of one turn of the event loop are one append, and so one
 * batch for the reader and one write to its socket; the log never holds more unread ones than the bounds
 * above, so that the store's own bounds take none away. Nobody can attach to such a run again: when its
 * reader has left, events go nowhere, and the log is removed. A log that fails ends the run, and what it
 * did not take is given to the reader all the same.
 */
export function createOutlet(log: Log, writer: LogWriter, faults: OutletFaults): Outlet {
  /** What the log has not taken yet: begins with the event whose seq is `appended`. */
  let queue: LogEvent[] = [];
  let scheduled = false;
  /** Sent to us, taken by the log, given to the reader: counts of events, and their characters. */
  let sent = 0;
  let appended = 0;
  let read = 0;
  let sentCharacters = 0;
  let appendedCharacters = 0;
  let readCharacters = 0;
  let appending = false;
  let closed = false;
  let logClosed = false;
  let readerLeft = false;
  let tailEnded = false;
  let fault: { readonly error: unknown } | undefined;
  let room: PromiseWithResolvers<void> | undefined;
  let lastWords: NodeJS.Timeout | undefined;
  /** Ends the wait for events that will not come. */
  const giveUp = new AbortController();
  const ended = Promise.withResolvers<void>();

  const giveRoom = (): void => {
    room?.resolve();
    room = undefined;
  };

  const isHalfRead = (): boolean =>
    sent - read <= MAX_UNREAD / 2 && sentCharacters - readCharacters <= MAX_UNREAD_CHARACTERS;

  const fail = (error: unknown): void => {
    if (fault !== undefined || readerLeft) return;
    fault = { error };
    giveRoom();
    if (read >= appended) giveUp.abort(GIVEN_UP);
    else lastWords = setTimeout(() => giveUp.abort(GIVEN_UP), STORE_MS);
    faults.broken(error);
  };

  /** As much of the queue as the log has room for; at least one event when it holds none. */
  const takeBatch = (): LogEvent[] => {
    let count = 0;
    // What the reader lets the author send all fits, as a rule: no second look at each event then.
    if (sent - read <= MAX_UNREAD && sentCharacters - readCharacters <= MAX_UNREAD_CHARACTERS)
      count = queue.length;
    let characters = appendedCharacters - readCharacters;
    for (; count < queue.length; count++) {
      characters += queue[count]!.data.length;
      const isOver = appended + count - read >= MAX_UNREAD || characters > MAX_UNREAD_CHARACTERS;
      if (isOver && appended + count > read) break;
    }
    if (count < queue.length) return queue.splice(0, count);
    const all = queue;
    queue = [];
    return all;
  };

  const taken = (events: readonly LogEvent[]): void => {
    appended += events.length;
    if (appended === sent) appendedCharacters = sentCharacters;
    else for (const { data } of events) appendedCharacters += data.length;
  };

  const flush = (): void => {
    scheduled = false;
    if (appending || readerLeft || fault !== undefined) return;
    const events = queue.length === 0 ? [] : takeBatch();
    try {
      if (events.length > 0) {
        const done = log.append(writer, events);
        // Drivers that answer at once keep the hot path free of promises; the others have one append under way.
        if (done instanceof Promise) {
          void settleAppend(events, done);
          return;
        }
        taken(events);
      }
      if (closed && queue.length === 0 && !logClosed) {
        logClosed = true;
        const done = log.close(writer);
        if (done instanceof Promise) answered(done).catch(fail);
      }
    } catch (error) {
      if (!logClosed) queue = [...events, ...queue];
      fail(error);
    }
  };

  const settleAppend = async (events: LogEvent[], done: Promise<unknown>): Promise<void> => {
    appending = true;
    try {
      await answered(done);
      taken(events);
      appending = false;
      flush();
    } catch (error) {
      queue = [...events, ...queue];
      fail(error);
    }
  };

  const leave = (): void => {
    if (readerLeft) return;
    readerLeft = true;
    queue = [];
    clearTimeout(lastWords);
    // An abort that nobody waits for still costs its event.
    if (!tailEnded) giveUp.abort(GIVEN_UP);
    giveRoom();
    // Nobody waits for it: the answer's end must not.
    void (async () => log.remove(writer.logId))().catch(faults.notRemoved);
  };

  /** What the log did not take, with the seqs it would have given. */
  const rest = (): LogEntry[] =>
    queue.map((event, at) => ({ ...event, seq: appended + at })).filter(({ seq }) => seq >= read);

  /** One generator and no second inside it, which would cost every text some turns of the microtask queue. */
  async function* texts(encode: EncodeEntries): AsyncGenerator<string, void, void> {
    try {
      try {
        for await (const { entries } of log.tail(writer.logId, -1, giveUp.signal)) {
          if (entries[0]?.seq !== read) throw new Error("The log has lost events.");
          yield encode(entries);
          read += entries.length;
          if (read === sent) readCharacters = sentCharacters;
          else for (const { data } of entries) readCharacters += data.length;
          if (fault !== undefined && read >= appended) break;
          if (queue.length > 0) flush();
          if (isHalfRead()) giveRoom();
        }
      } catch (error) {
        fail(error);
      } finally {
        tailEnded = true;
      }
      if (readerLeft || (closed && read === sent)) return;
      fail(new Error("The log ended before its run."));
      await ended.promise;
      const entries = rest();
      if (entries.length > 0) yield encode(entries);
      // Without the last events the answer would look whole.
      else if (read < sent) throw fault?.error;
    } finally {
      leave();
    }
  }

  return {
    send(events) {
      if (events.length === 0 || readerLeft || closed) return undefined;
      for (const event of events) {
        queue.push(event);
        sentCharacters += event.data.length;
      }
      sent += events.length;
      if (fault !== undefined) return undefined;
      if (!scheduled) {
        scheduled = true;
        process.nextTick(flush);
      }
      if (sent - read <= MAX_UNREAD && sentCharacters - readCharacters <= MAX_UNREAD_CHARACTERS)
        return undefined;
      flush();
      room ??= Promise.withResolvers();
      return room.promise;
    },
    close() {
      if (closed) return;
      closed = true;
      flush();
      giveRoom();
      ended.resolve();
    },
    read(encode) {
      const source = texts(encode);
      return {
        next: () => source.next(),
        // A generator that was never asked for anything skips its finally block.
        async return() {
          leave();
          return source.return();
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}
