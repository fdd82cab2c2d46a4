import { AppError, ERROR_CODES, type ErrorCode, isErrorCode } from "@wheelhouse/core";

/** Codes whose message no client reads: they are for what was not thrown on purpose. */
const HIDDEN_CODES = ["internal_error", "task_failed"] as const;
type HiddenCode = (typeof HIDDEN_CODES)[number];

/** What an {@link HttpError} may say beyond status and message. */
export interface HttpErrorOptions {
  /** A code of core's table. Default: the one that goes with the status. */
  readonly code?: Exclude<ErrorCode, HiddenCode> | undefined;
  /** The request field at fault, as a path: `input[0].role`. */
  readonly param?: string | undefined;
  /** Extra response headers, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What went wrong underneath; logged, never shown. */
  readonly cause?: unknown;
}

/**
 * Statuses that several codes share and whose first code in the table says too much. A 500 must not
 * become `internal_error`, whose message is hidden.
 */
const PREFERRED: Readonly<Record<number, ErrorCode>> = {
  400: "invalid_request",
  500: "agent_error",
};

/** Thrown by an author on purpose: the client gets this status and reads this message (B27). */
export class HttpError extends AppError {
  /**
   * @param status 400 to 599; the code follows from it unless given.
   * @throws TypeError for a status, code or header that cannot be sent.
   */
  constructor(status: number, message: string, options: HttpErrorOptions = {}) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new TypeError(`status must be a whole number from 400 to 599, not ${String(status)}`);
    }
    if (typeof message !== "string") throw new TypeError("message must be a string");
    const code: string = options.code ?? codeOf(status);
    if (!isErrorCode(code) || HIDDEN_CODES.some((hidden) => hidden === code)) {
      throw new TypeError(`code "${code}" is none that an agent can answer with`);
    }
    super(code, {
      status,
      message,
      param: options.param,
      headers: checkedHeaders(options.headers ?? {}),
      ...("cause" in options ? { cause: options.cause } : {}),
    });
    this.name = "HttpError";
  }
}

function codeOf(status: number): ErrorCode {
  const preferred = PREFERRED[status];
  if (preferred !== undefined) return preferred;
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  const exact = codes.find((code) => ERROR_CODES[code].status === status);
  return exact ?? (status < 500 ? "invalid_request" : "agent_error");
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 section 5.5, the characters that Node sends. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A header that cannot be sent is the thrower's mistake, and shown there instead of breaking the answer. */
function checkedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name) || typeof value !== "string" || !FIELD_VALUE.test(value)) {
      throw new TypeError(`header ${JSON.stringify(name)} is not one that can be sent`);
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}
