/** A change that waits to be written, with others in one transaction. */
export interface WriteTask {
  /** UTF-16 code units that wait with it. */
  readonly characters: number;
  /** Whether `done` waits until the change outlives a loss of power. */
  readonly isDurable: boolean;
  /** Whether it may throw after its first change, which is then undone. */
  readonly needsUndo: boolean;
  /** Writes. May be called again when the transaction was undone. What it throws fails this task alone. */
  run(): void;
  /** The transaction is committed: other connections see it. */
  committed?(): void;
  done(): void;
  failed(error: unknown): void;
}

/** A task that gives what `run` gives. */
export function promisedTask<Value>(
  run: () => Value,
  isDurable: boolean,
  characters: number,
): { readonly task: WriteTask; readonly promise: Promise<Value> } {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  let value: Value;
  const task: WriteTask = {
    characters,
    isDurable,
    needsUndo: true,
    run: () => {
      value = run();
    },
    done: () => resolve(value),
    failed: reject,
  };
  return { task, promise };
}
