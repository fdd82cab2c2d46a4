import type { AppError } from "@wheelhouse/core";

/** What a guard says of a request: undefined lets it on, an error is the answer. */
export type Verdict = AppError | undefined;
