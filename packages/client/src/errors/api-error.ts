import { ClientError } from "./client-error.js";

/** What an {@link ApiError} is made from. */
export interface ApiErrorFields {
  /** The call, as `POST /responses`. */
  readonly call: string;
  readonly status: number;
  readonly message: string;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly param: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly shouldRetry: boolean | undefined;
}

/** The server answered with an error status. */
export class ApiError extends ClientError {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** The server's code, as `response_not_found`; undefined where it gave none, as on `/invocations`. */
  readonly code: string | undefined;
  /** The class of the failure, as `invalid_request_error`. */
  readonly type: string | undefined;
  /** The field at fault. */
  readonly param: string | undefined;
  /** The answer's `x-request-id`: the server's log has the request under it. */
  readonly requestId: string | undefined;
  /** Milliseconds the server asks to wait (`retry-after-ms`, `retry-after`). */
  readonly retryAfterMs: number | undefined;
  /** What the server says of another try (`x-should-retry`). */
  readonly shouldRetry: boolean | undefined;

  constructor(fields: ApiErrorFields) {
    const { call, status, code, requestId } = fields;
    const where = requestId === undefined ? call : `${call}, request ${requestId}`;
    super("api", `${status}${code ? ` ${code}` : ""}: ${fields.message} (${where})`);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.type = fields.type;
    this.param = fields.param;
    this.requestId = requestId;
    this.retryAfterMs = fields.retryAfterMs;
    this.shouldRetry = fields.shouldRetry;
  }
}
