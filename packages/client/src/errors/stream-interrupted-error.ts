import { ClientError } from "./client-error.js";

/** A stream broke after its first event and could not be resumed. What was delivered is right, and not all. */
export class StreamInterruptedError extends ClientError {
  /** Give it to `responses.attach(responseId, { after: cursor })` to try again; undefined where no event named it. */
  readonly responseId: string | undefined;
  /** `sequence_number` of the last event that was delivered. */
  readonly cursor: number | undefined;

  constructor(
    message: string,
    at: { responseId?: string | undefined; cursor?: number | undefined },
    cause?: unknown,
  ) {
    super("stream_interrupted", message, cause);
    this.name = "StreamInterruptedError";
    this.responseId = at.responseId;
    this.cursor = at.cursor;
  }
}
