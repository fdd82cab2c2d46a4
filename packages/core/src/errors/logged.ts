/** Under `Symbol.for`, as the brand of an AppError: the one who logs may be another copy of the package. */
const LOGGED = Symbol.for("wheelhouse.logged");

/** Notes that an error is in the log already, with more about it than the next one knows. Gives the error. */
export function markLogged<Thrown extends Error>(error: Thrown): Thrown {
  return Object.defineProperty(error, LOGGED, { value: true });
}

/** Whether somebody has logged this error. */
export function isLogged(error: Error): boolean {
  return LOGGED in error;
}
