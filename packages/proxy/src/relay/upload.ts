import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/** How a request's body is handed on. */
export interface UploadOptions {
  /** Bytes; with one more `onTooLarge` is called and nothing more is read. */
  readonly limit: number;
  readonly onChunk: (bytes: number) => void;
  readonly onTooLarge: () => void;
}

/**
 * A request's body as a stream of its own, one chunk at a time. Ending it does not end the request, whose
 * connection is still to carry an answer.
 */
export function createUpload(request: IncomingMessage, options: UploadOptions): Readable {
  let total = 0;
  let isHeld = false;
  let hasEnded = false;
  const upload = new Readable({
    highWaterMark: 0,
    read() {
      if (!isHeld) request.resume();
    },
    destroy(error, callback) {
      request.off("data", onData);
      request.off("end", onEnd);
      request.pause();
      callback(error);
    },
  });
  const onData = (chunk: Buffer): void => {
    total += chunk.length;
    if (total > options.limit) {
      options.onTooLarge();
      return;
    }
    options.onChunk(chunk.length);
    request.pause();
    // An app that has answered early and closed resets what is written to it, and its answer, where that was
    // not read yet, is lost: what has arrived by now is read before more is written.
    isHeld = true;
    setImmediate(() => {
      isHeld = false;
      if (upload.destroyed) return;
      upload.push(chunk);
      if (hasEnded) upload.push(null);
    });
  };
  const onEnd = (): void => {
    hasEnded = true;
    if (!isHeld) upload.push(null);
  };
  request.on("data", onData);
  request.on("end", onEnd);
  request.pause();
  return upload;
}
