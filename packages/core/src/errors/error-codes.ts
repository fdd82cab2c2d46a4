/** What one error code means to a client. */
export interface ErrorCodeEntry {
  /** HTTP status, RFC 9110 section 15. */
  readonly status: number;
  /** OpenAI's error type: the class of the failure. */
  readonly type: ErrorType;
  /** What a client reads when the thrower gave no message of its own. Says nothing of the cause. */
  readonly message: string;
}

/** The values of `error.type` in OpenAI's error envelope. */
export type ErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "not_found_error"
  | "rate_limit_error"
  | "server_error";

const entry = (status: number, type: ErrorType, message: string): ErrorCodeEntry => ({
  status,
  type,
  message,
});

/** Every error a Wheelhouse server can answer with. The one table: a code that is not here cannot be sent. */
export const ERROR_CODES = {
  invalid_json: entry(400, "invalid_request_error", "The request body is not valid JSON."),
  invalid_request: entry(400, "invalid_request_error", "The request is not valid."),
  unsupported_parameter: entry(400, "invalid_request_error", "A parameter is not supported."),
  previous_response_not_found: entry(
    400,
    "invalid_request_error",
    "The previous response was not found.",
  ),
  authentication_required: entry(401, "authentication_error", "Authentication is required."),
  permission_denied: entry(403, "permission_error", "You may not do this."),
  invalid_host: entry(
    403,
    "permission_error",
    "Invalid Host header - possible DNS rebinding attack detected",
  ),
  cross_origin: entry(403, "permission_error", "Cross-origin request blocked"),
  not_found: entry(404, "not_found_error", "Not Found"),
  model_not_found: entry(404, "not_found_error", "The model does not exist."),
  response_not_found: entry(404, "not_found_error", "Response not found"),
  conversation_not_found: entry(404, "not_found_error", "Conversation not found"),
  item_not_found: entry(404, "not_found_error", "Item not found"),
  method_not_allowed: entry(405, "invalid_request_error", "Method Not Allowed"),
  request_timeout: entry(408, "invalid_request_error", "The request took too long to arrive."),
  conflict: entry(409, "invalid_request_error", "The request conflicts with another one."),
  /** A run is still writing to the conversation or the previous response. */
  conversation_locked: entry(409, "invalid_request_error", "Another run is under way."),
  /** The run waits for a person; no client gets this as an answer. */
  approval_pending: entry(409, "invalid_request_error", "The run waits for an approval."),
  payload_too_large: entry(413, "invalid_request_error", "The request body is too large."),
  unsupported_media_type: entry(
    415,
    "invalid_request_error",
    "The content type or encoding is not supported: send application/json.",
  ),
  idempotency_key_reused: entry(
    422,
    "invalid_request_error",
    "The idempotency key was used for another request.",
  ),
  unprocessable: entry(422, "invalid_request_error", "The request could not be processed."),
  upgrade_required: entry(426, "invalid_request_error", "This route needs a WebSocket upgrade."),
  /** A WebSocket has been open for its 60 minutes (Open Responses, M21). */
  websocket_connection_limit_reached: entry(
    400,
    "invalid_request_error",
    "The WebSocket connection has reached its time limit: open a new one.",
  ),
  rate_limit_exceeded: entry(429, "rate_limit_error", "Too many requests: try again later."),
  client_disconnected: entry(499, "server_error", "The client left before the run ended."),
  superseded: entry(409, "invalid_request_error", "A newer run took this one's place."),
  cancelled: entry(499, "server_error", "The run was cancelled."),
  internal_error: entry(500, "server_error", "Internal server error"),
  /** What the author threw, without meaning it for a client. */
  task_failed: entry(500, "server_error", "The agent failed."),
  /** A failure that the author reported: its message is the author's. */
  agent_error: entry(500, "server_error", "The agent reported a failure."),
  invalid_agent_output: entry(500, "server_error", "The agent gave an output that is not valid."),
  no_handler: entry(500, "server_error", "No function is registered for this call."),
  budget_exceeded: entry(500, "server_error", "The run went over its budget."),
  not_implemented: entry(501, "server_error", "This is not available on this server."),
  unavailable: entry(503, "server_error", "The server is not available: try again later."),
  shutting_down: entry(503, "server_error", "The server is shutting down."),
  task_timeout: entry(504, "server_error", "The run took longer than its time limit."),
} as const satisfies Record<string, ErrorCodeEntry>;

/** A code of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a string is a code of the table. */
export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERROR_CODES, value);
}
