import { ClientError } from "./client-error.js";

/** No answer came, or it ended before it was whole. */
export class ConnectionError extends ClientError {
  /** True where the request surely never reached a server, so that another try cannot repeat anything. */
  readonly neverSent: boolean;

  constructor(message: string, cause?: unknown, neverSent = false) {
    super("connection", message, cause);
    this.name = "ConnectionError";
    this.neverSent = neverSent;
  }
}
