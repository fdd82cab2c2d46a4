import { AppError, errorText, type ErrorCode, isAppError, isErrorCode } from "@wheelhouse/core";

/** An error as it crosses between threads: structured clone would lose its name and fields. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** The property `code`, which system errors, abort reasons and AppErrors have. */
  readonly code: string | number | undefined;
  readonly app:
    | {
        readonly status: number;
        readonly param: string | null;
        /** As JSON text; undefined where there is none or it is not JSON. */
        readonly detail: string | undefined;
        readonly headers: Readonly<Record<string, string>>;
      }
    | undefined;
  readonly cause: WireError | undefined;
}

/** What was thrown, as it crosses. `isAbortReason`: it is what the run's signal was aborted with. */
export interface WireFailure {
  readonly error: WireError;
  readonly isAbortReason: boolean;
}

/** Makes a caught value into what crosses. `signal` is the run's on this side. */
export function toWireFailure(thrown: unknown, signal: AbortSignal): WireFailure {
  return {
    error: toWireError(thrown),
    isAbortReason: signal.aborted && thrown === signal.reason,
  };
}

/** Makes what crossed into an error: the very reason of the run's signal on this side where it is that one. */
export function fromWireFailure(
  { error, isAbortReason }: WireFailure,
  signal: AbortSignal,
): unknown {
  return isAbortReason && signal.aborted ? signal.reason : fromWireError(error);
}

/** How many causes deep an error crosses: enough to find the fault, and an end for a circle. */
const MAX_CAUSES = 5;

/** Makes a caught value, of whatever type, into something that always crosses. */
export function toWireError(thrown: unknown, depth = 0): WireError {
  const isError = thrown instanceof Error;
  const code: unknown = isError ? Reflect.get(thrown, "code") : undefined;
  const cause = isError ? thrown.cause : undefined;
  return {
    name: isError ? thrown.name : "Error",
    message: isError ? thrown.message : errorText(thrown),
    stack: isError && typeof thrown.stack === "string" ? thrown.stack : undefined,
    code: typeof code === "string" || typeof code === "number" ? code : undefined,
    app: isAppError(thrown)
      ? {
          status: thrown.status,
          param: thrown.param,
          detail: jsonOrNothing(thrown.detail),
          headers: { ...thrown.headers },
        }
      : undefined,
    cause: cause === undefined || depth === MAX_CAUSES ? undefined : toWireError(cause, depth + 1),
  };
}

/** Errors of the language that a program may tell apart with `instanceof`. */
const BUILT_IN = new Map<string, ErrorConstructor>(
  [TypeError, RangeError, SyntaxError, ReferenceError].map((type) => [type.name, type]),
);

/** Makes an error that crossed into one that reads and answers like the original. */
export function fromWireError(wire: WireError): Error {
  const { app, code, message } = wire;
  const cause = wire.cause === undefined ? {} : { cause: fromWireError(wire.cause) };
  const error =
    app !== undefined && typeof code === "string" && isErrorCode(code)
      ? appError(code, message, app, cause)
      : new (BUILT_IN.get(wire.name) ?? Error)(message, cause);
  Object.defineProperty(error, "name", { value: wire.name, configurable: true, writable: true });
  if (wire.stack !== undefined) error.stack = wire.stack;
  if (code !== undefined && !("code" in error)) Object.assign(error, { code });
  return error;
}

function appError(
  code: ErrorCode,
  message: string,
  app: NonNullable<WireError["app"]>,
  cause: { cause?: Error },
): AppError {
  return new AppError(code, {
    message,
    status: app.status,
    param: app.param ?? undefined,
    detail: app.detail === undefined ? undefined : JSON.parse(app.detail),
    headers: app.headers,
    ...cause,
  });
}

function jsonOrNothing(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
