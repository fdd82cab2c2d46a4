import { ConnectionError } from "../errors/connection-error.js";

/** How {@link readBody} reads. */
export interface ReadBodyOptions {
  /** Ends the read with its reason. */
  readonly signal: AbortSignal;
  /** Milliseconds that one read may wait; undefined for no limit of its own. */
  readonly idleMs?: number | undefined;
}

/**
 * A body's bytes. Throws the signal's reason, or a {@link ConnectionError} where the connection broke or
 * stayed silent. Reads only when asked to, and silence counts only while it waits: a slow reader is not
 * a broken connection. Cancels the body when it is left.
 */
export async function* readBody(
  response: globalThis.Response,
  { signal, idleMs }: ReadBodyOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { body } = response;
  if (body === null) return;
  // A reader and not `for await`: not every browser iterates a ReadableStream.
  const reader = body.getReader();
  let silent = false;
  // Cancelling ends a read that waits, also where a `fetch` of the caller's does not know the signal.
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const timer =
        idleMs === undefined
          ? undefined
          : setTimeout(() => {
              silent = true;
              cancel();
            }, idleMs);
      let read;
      try {
        read = await reader.read();
      } catch (error) {
        signal.throwIfAborted();
        throw new ConnectionError("The connection broke in the middle of an answer.", error);
      } finally {
        clearTimeout(timer);
      }
      signal.throwIfAborted();
      if (silent) throw new ConnectionError(`The stream was silent for ${idleMs} ms (idleMs).`);
      if (read.done) return;
      yield read.value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
