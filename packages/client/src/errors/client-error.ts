/** Every way in which a call can fail, and what to do about it. The one table: `kind` of an error is a key. */
export const CLIENT_ERROR_KINDS = {
  api: "The server answered with an error: read `status`, `code` and `message`.",
  connection: "No whole answer came: check `baseUrl` and whether the server is up.",
  timeout: "A time limit of the client was over: raise the option that the message names.",
  stream_interrupted: "A stream broke and could not be resumed: read `responseId` and `cursor`.",
  agent_failed: "The agent failed or was cancelled: `code` and `message` are the agent's.",
  invalid_response: "What came is not the API's: check that `baseUrl` is an agent server's.",
} as const satisfies Record<string, string>;

/** A key of {@link CLIENT_ERROR_KINDS}. */
export type ClientErrorKind = keyof typeof CLIENT_ERROR_KINDS;

/** Under `Symbol.for`, so that an error of another installed copy of the package is recognised too. */
const BRAND = Symbol.for("wheelhouse.ClientError");

/**
 * What every call of the client throws, except two: a `TypeError` for an option or argument that is
 * wrong, and the reason of an AbortSignal (by default a DOMException named `AbortError`).
 */
export class ClientError extends Error {
  readonly kind: ClientErrorKind;

  constructor(kind: ClientErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "ClientError";
    this.kind = kind;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether a caught value is a {@link ClientError}, of this copy of the package or of another one. */
export function isClientError(value: unknown): value is ClientError {
  return typeof value === "object" && value !== null && BRAND in value;
}
