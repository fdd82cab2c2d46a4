import { setImmediate as nextTurn } from "node:timers/promises";
import type { AbortNotice } from "@wheelhouse/core";

import { isTurnLong } from "./turn-clock.js";

/** How many yields go by between two looks at the clock. */
const CLOCK_EVERY = 32;

/** What an author's function gave, when it comes in pieces. */
type Pieces = AsyncIterable<unknown> | Iterable<unknown>;

/**
 * Whether a value comes in pieces: an iterable, an async iterable or a ReadableStream. A string and an
 * array are whole values.
 */
export function isPieces(value: unknown): value is Pieces {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

/** What {@link consume} is told after each piece. */
export interface ConsumeControl {
  /** Takes one piece; false ends the author's iteration. A promise holds the author back. */
  readonly accept: (piece: unknown) => boolean | Promise<boolean>;
  /** Aborts when the run is over: the author's `finally` blocks run, what it still yields is dropped. */
  readonly over: AbortNotice;
}

/**
 * Takes an author's pieces one by one. A generator that never waits for anything still lets the event
 * loop run: other requests, timers and a client that leaves are seen within milliseconds.
 */
export async function consume(pieces: Pieces, { accept, over }: ConsumeControl): Promise<void> {
  const iterator = iteratorOf(pieces);
  // A generator that rests at a yield ends at once; one that waits ends when its wait does.
  const stop = (): void => void endIterator(iterator);
  if (over.aborted) return stop();
  const unlisten = over.onAbort(stop);
  try {
    for (let count = 1; ; count++) {
      const next = iterator.next();
      const step: IteratorResult<unknown> = isPromise(next) ? await next : next;
      if (over.aborted || step.done === true) return;
      // A sync iterable may give promises.
      const piece: unknown = step.value instanceof Promise ? await step.value : step.value;
      if (over.aborted) return;
      const going = accept(piece);
      if (!(isPromise(going) ? await going : going)) return stop();
      if (count % CLOCK_EVERY === 0 && isTurnLong()) await nextTurn();
    }
  } catch (error) {
    // What the author threw ended its iterator; what we threw about a piece has not.
    stop();
    throw error;
  } finally {
    unlisten();
  }
}

function iteratorOf(pieces: Pieces): AsyncIterator<unknown> | Iterator<unknown> {
  if (pieces instanceof ReadableStream) {
    // Its own iterator ends only after the read under way; a reader cancels while it waits.
    const reader = pieces.getReader() as ReadableStreamDefaultReader<unknown>;
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown>>,
      return: async () => {
        await reader.cancel();
        return { done: true, value: undefined };
      },
    };
  }
  return Symbol.asyncIterator in pieces
    ? pieces[Symbol.asyncIterator]()
    : pieces[Symbol.iterator]();
}

async function endIterator(iterator: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The run is over: what a finally block throws has nobody left to tell, and was not the failure.
  }
}

const isPromise = <Value>(value: Value): value is Extract<Value, PromiseLike<unknown>> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";
