import type { LogEvent } from "@wheelhouse/store";
import type { AppError } from "@wheelhouse/core";

/** Makes log events of one wire format from what an author gives. */
export interface Producer {
  /** Before the author is called. */
  start(): readonly LogEvent[];
  /** One piece of a stream. Throws an AppError for one that is not valid. */
  accept(piece: unknown): readonly LogEvent[];
  /** A whole result, from an invoke function or a stream function that returned a value. */
  acceptResult(result: unknown): readonly LogEvent[];
  /** True when the author has said that the answer stops here. */
  isStopped(): boolean;
  /** After the author ended well. */
  end(): readonly LogEvent[];
  /** After a failure; the message is already fit for a client. */
  fail(error: AppError, message: string): readonly LogEvent[];
  /** After an explicit cancel. */
  cancel(error: AppError, message: string): readonly LogEvent[];
  /** What the run gave, for its span. */
  outputs(): unknown;
}
