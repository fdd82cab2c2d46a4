import { CREDIT_WINDOW } from "./protocol.js";

/** An async iterator over values that come from elsewhere as they are asked for. */
export interface PulledIterator extends AsyncIterableIterator<unknown, undefined> {
  return(): Promise<IteratorResult<unknown, undefined>>;
  /** A value came. */
  push(value: unknown): void;
  /** No more values come; with a failure, the reader gets it after the values before it. */
  end(failure?: { readonly error: unknown }): void;
}

interface Waiter {
  resolve(result: IteratorResult<unknown, undefined>): void;
  reject(error: unknown): void;
}

const DONE: IteratorResult<unknown, undefined> = { done: true, value: undefined };

/**
 * Makes one. `pull` asks for that many more values, first when the reader asks for its first; never
 * more than {@link CREDIT_WINDOW} are asked for and not yet read. `stop` is called once if the reader
 * leaves early, and the source then ends with `end`.
 */
export function createPulledIterator(
  pull: (count: number) => void,
  stop: () => void,
): PulledIterator {
  const unread: unknown[] = [];
  const waiters: Waiter[] = [];
  const leavers: Waiter[] = [];
  let asked = 0;
  let hasEnded = false;
  let hasLeft = false;
  let failure: { readonly error: unknown } | undefined;

  const askForMore = (): void => {
    const open = asked + unread.length;
    if (hasEnded || hasLeft || open > CREDIT_WINDOW / 2) return;
    asked += CREDIT_WINDOW - open;
    pull(CREDIT_WINDOW - open);
  };

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (unread.length > 0) {
        const value = unread.shift();
        askForMore();
        return Promise.resolve({ done: false, value });
      }
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (hasEnded || hasLeft) return Promise.resolve(DONE);
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject });
        askForMore();
      });
    },
    return() {
      unread.length = 0;
      failure = undefined;
      if (hasEnded) return Promise.resolve(DONE);
      for (const waiter of waiters.splice(0)) waiter.resolve(DONE);
      const left = new Promise<IteratorResult<unknown, undefined>>((resolve, reject) =>
        leavers.push({ resolve, reject }),
      );
      if (!hasLeft) {
        hasLeft = true;
        stop();
      }
      return left;
    },
    push(value) {
      asked--;
      if (hasLeft || hasEnded) return;
      const waiter = waiters.shift();
      if (waiter === undefined) unread.push(value);
      else waiter.resolve({ done: false, value });
    },
    end(reason) {
      hasEnded = true;
      const [first, ...others] = hasLeft ? leavers.splice(0) : waiters.splice(0);
      for (const other of others) other.resolve(DONE);
      if (first === undefined) failure = reason;
      else if (reason === undefined) first.resolve(DONE);
      else first.reject(reason.error);
    },
  };
}
