import { ERROR_CODES, type ErrorCode, type ErrorType } from "./error-codes.js";

/** Under `Symbol.for`, so that an error of another installed copy of the package is recognised too. */
const BRAND = Symbol.for("wheelhouse.AppError");

/** What an {@link AppError} may say beyond its code. */
export interface AppErrorOptions {
  /** Shown to the client. Default: the table's message for the code. */
  message?: string | undefined;
  /** HTTP status, 400 to 599. Default: the table's. */
  status?: number | undefined;
  /** The request field at fault, as a path: `input[0].role`. */
  param?: string | undefined;
  /** Structured detail that replaces the message under `detail` (FastAPI's 422 lists). */
  detail?: unknown;
  /** Extra response headers, such as `retry-after`. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** What went wrong underneath; logged, never shown. */
  cause?: unknown;
}

/** An error thrown on purpose: its message is meant for the client. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: ErrorType;
  readonly param: string | null;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    const entry = ERROR_CODES[code];
    super(options.message ?? entry.message, "cause" in options ? { cause: options.cause } : {});
    this.name = "AppError";
    this.code = code;
    this.status = options.status ?? entry.status;
    this.type = entry.type;
    this.param = options.param ?? null;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether a value is an {@link AppError}, of this copy of the package or of another one. */
export function isAppError(value: unknown): value is AppError {
  try {
    return typeof value === "object" && value !== null && BRAND in value;
  } catch {
    // A proxy's trap threw: whoever catches such a value still has to answer.
    return false;
  }
}
