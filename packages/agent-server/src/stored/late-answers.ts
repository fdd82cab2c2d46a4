import { STORE_MS } from "../run/answered.js";

/** Milliseconds between two looks at those who wait: an answer is late by so much more. */
const LOOK_MS = 1_000;

/** Somebody who waits for the store. */
interface Waiting {
  /** `performance.now()` when it began. */
  readonly since: number;
  readonly late: (error: Error) => void;
}

/**
 * Answers of a store that are waited for, each for `STORE_MS`: every wait ends. One timer for all, since one
 * for each event that is stored costs more than the rest of its way into the log, and almost none ever rings.
 */
export class LateAnswers {
  /** In the order they came, and so in the order they are late. */
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  /** To be ended with {@link end} when the answer is there. */
  begin(late: Waiting["late"]): Waiting {
    const waiting = { since: performance.now(), late };
    this.#waiting.add(waiting);
    this.#timer ??= setInterval(this.#look, LOOK_MS).unref();
    return waiting;
  }

  end(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  readonly #look = (): void => {
    const oldest = performance.now() - STORE_MS;
    for (const waiting of this.#waiting) {
      if (waiting.since > oldest) return;
      this.#waiting.delete(waiting);
      waiting.late(new Error(`The store has not answered within ${STORE_MS} ms.`));
    }
    // Left running until it finds nobody: events come more often than it looks.
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  };
}
