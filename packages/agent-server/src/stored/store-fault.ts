import { AppError } from "@wheelhouse/core";
import { isStoreUnavailableError, type StoreFault } from "@wheelhouse/store";

/** What a client reads when the store cannot be used: never the file or its path. */
const MESSAGES: Partial<Record<StoreFault, string>> = {
  full: "The server cannot store the response: its disk is full. With store: false it can answer.",
  read_only:
    "The server cannot store the response: its state directory is read-only. With store: false it can answer.",
  locked:
    "The server cannot store the response: another program holds its database. Try again later.",
  overloaded:
    "The server cannot store the response: its database is too slow for the load. Try again later.",
};

/** A store that cannot be used as an error that says so (503), the cause kept for the log; others as they are. */
export function storeFault(error: unknown): unknown {
  if (!isStoreUnavailableError(error)) return error;
  return new AppError("unavailable", {
    message:
      MESSAGES[error.fault] ?? "The server cannot store responses at the moment: try again later.",
    cause: error,
  });
}
