import { AppError } from "@wheelhouse/core";
import type { Verdict } from "./verdict.js";

/** Sixth guard: a body that announces itself as too large is refused before it is read (B53). */
export function guardBodyLimit(bytes: number, limit: number): Verdict {
  return bytes > limit ? payloadTooLarge(limit) : undefined;
}

/** The 413 of a body over the limit; its message names the limit (B53). */
export function payloadTooLarge(limit: number): AppError {
  return new AppError("payload_too_large", {
    message: `The request body is larger than ${limit} bytes.`,
  });
}
