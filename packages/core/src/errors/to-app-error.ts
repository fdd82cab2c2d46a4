import { AppError, isAppError } from "./app-error.js";

/** Codes of errors that nobody threw on purpose: their text is not for clients. */
type UnexpectedCode = "internal_error" | "task_failed";

/**
 * The one way from a caught value to an error that can be answered. What was not thrown on purpose
 * becomes `code` with the value as its cause, so nothing of it reaches a client by accident.
 */
export function toAppError(thrown: unknown, code: UnexpectedCode = "internal_error"): AppError {
  if (isAppError(thrown)) return thrown;
  return new AppError(code, { cause: thrown });
}

const NO_TEXT = "a value that has no text was thrown";

/** The text of a caught value for a log or for `--expose-errors`: never empty, never a throw of its own. */
export function errorText(thrown: unknown): string {
  try {
    // An author may have put anything in `message`.
    const text: unknown =
      thrown instanceof Error ? thrown.message || thrown.name || NO_TEXT : thrown;
    if (typeof text === "string") return text || "an empty string was thrown";
    if (typeof text === "bigint") return String(text);
    return JSON.stringify(text) ?? (String(text) || NO_TEXT);
  } catch {
    // A getter or toJSON of the value threw.
    return NO_TEXT;
  }
}

/** How much of an unexpected error a client may see. */
export interface ErrorVisibility {
  /** True under `--expose-errors`: the text of what was thrown is shown. */
  exposeErrors: boolean;
  /** Named in the hidden form, and found in the log beside the cause. */
  requestId: string;
}

/**
 * What a client reads of an error (B25, B26): the message of one thrown on purpose, else
 * `Internal server error (request <id>)`, else, under `exposeErrors`, what was thrown.
 */
export function publicMessage(thrown: unknown, visibility: ErrorVisibility): string {
  const error = toAppError(thrown);
  if (error.code !== "internal_error" && error.code !== "task_failed") return error.message;
  if (visibility.exposeErrors) return errorText(error.cause ?? error);
  return `Internal server error (request ${visibility.requestId})`;
}
