import { createParser, type EventSourceMessage } from "eventsource-parser";

/** How {@link decodeSse} reads. */
export interface DecodeSseOptions {
  /** Characters one unfinished frame may hold before the stream is given up. Default 64 Mi. */
  maxFrameLength?: number | undefined;
  /** Told of every comment line (`: ping`). */
  onComment?: ((text: string) => void) | undefined;
}

const MAX_FRAME_LENGTH = 64 * 1024 * 1024;

/**
 * Reads a server-sent event stream: frames split anywhere, CR, LF or CRLF, multi-line data. Ends with
 * the source; an early `break` cancels it. Throws the source's error, or one for a frame over the bound.
 */
export async function* decodeSse(
  source: AsyncIterable<Uint8Array | string>,
  options: DecodeSseOptions = {},
): AsyncGenerator<EventSourceMessage, void, void> {
  const ready: EventSourceMessage[] = [];
  let failure: Error | undefined;
  const parser = createParser({
    maxBufferSize: options.maxFrameLength ?? MAX_FRAME_LENGTH,
    onEvent: (event) => ready.push(event),
    onError: (error) => {
      // An unknown field or a bad retry is to be ignored (WHATWG); only the bound ends the stream.
      if (error.type === "max-buffer-size-exceeded") failure = error;
    },
    ...(options.onComment === undefined ? {} : { onComment: options.onComment }),
  });
  const decoder = new TextDecoder();
  for await (const chunk of source) {
    parser.feed(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    // What was whole before the frame over the bound is still the reader's.
    yield* ready.splice(0);
    if (failure !== undefined) throw failure;
  }
}
