/** Sends what an iterator gives, as far as the reader has asked. */
export interface Pump {
  /** The reader asks for that many more values. */
  allow(count: number): void;
  /** The reader is done: the iterator's cleanup runs. */
  leave(): void;
  /** Settles when the iterator has ended; rejects with what it or `send` threw. */
  readonly finished: Promise<void>;
}

/** Starts a pump. Nothing is taken from the source before the first {@link Pump.allow}. */
export function pump(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  send: (value: unknown) => void,
): Pump {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const state = {
    allowed: 0,
    wake: (): void => {},
    left: undefined as Promise<unknown> | undefined,
  };

  const run = async (): Promise<void> => {
    for (;;) {
      while (state.allowed === 0 && state.left === undefined) {
        await new Promise<void>((resolve) => (state.wake = resolve));
      }
      if (state.left !== undefined) break;
      const { done, value } = await iterator.next();
      if (done === true) return;
      // A sync iterator may give promises; an async one's values are settled already.
      const settled: unknown = await value;
      if (state.left !== undefined) break;
      state.allowed--;
      try {
        send(settled);
      } catch (error) {
        await iterator.return?.();
        throw error;
      }
    }
    await state.left;
  };

  return {
    allow(count) {
      state.allowed += count;
      state.wake();
    },
    leave() {
      // Called at once, because an iterator that is no generator may be waiting in `next`.
      state.left ??= (async () => iterator.return?.())();
      // The loop reads whether it failed, maybe later.
      state.left.catch(() => {});
      state.wake();
    },
    finished: run(),
  };
}
