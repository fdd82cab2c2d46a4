import { decodeSse } from "@wheelhouse/core";

/** One frame of a server-sent event stream as a client sees it. */
export interface CollectedFrame {
  readonly data: string;
  readonly event?: string | undefined;
  readonly id?: string | undefined;
}

export interface CollectSseOptions {
  /** Milliseconds the stream may take to end. Default 10 000. */
  readonly timeoutMs?: number;
  /** Ends the reading, and cancels the stream, after the first frame it is true for. */
  readonly until?: (frame: CollectedFrame) => boolean;
}

/**
 * Reads the frames of a server-sent event response to its end. Rejects when the response is not
 * `text/event-stream`, breaks off, or has not ended in time; the error then tells the frames read.
 */
export async function collectSse(
  response: Response,
  options: CollectSseOptions = {},
): Promise<CollectedFrame[]> {
  const { timeoutMs = 10_000, until } = options;
  const type = response.headers.get("content-type") ?? "no content type";
  if (!type.startsWith("text/event-stream") || response.body === null) {
    throw new Error(`Not an event stream: ${response.status} ${type} ${await response.text()}`);
  }
  const frames: CollectedFrame[] = [];
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(new Error("too late")), timeoutMs);
  // Cancelling through a pipe with a signal ends a read that waits; a lock on the body could not.
  const body = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), {
    signal: clock.signal,
  });
  try {
    for await (const { data, event, id } of decodeSse(body)) {
      frames.push({ data, event, id });
      if (until?.({ data, event, id }) === true) break;
    }
    return frames;
  } catch (error) {
    if (!clock.signal.aborted) throw error;
    const read = JSON.stringify(frames.map((frame) => frame.data));
    throw new Error(`The event stream did not end within ${timeoutMs} ms; read: ${read}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
