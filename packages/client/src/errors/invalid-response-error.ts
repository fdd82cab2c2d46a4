import { ClientError } from "./client-error.js";

/** What came is not what the API gives. */
export class InvalidResponseError extends ClientError {
  constructor(message: string, cause?: unknown) {
    super("invalid_response", message, cause);
    this.name = "InvalidResponseError";
  }
}
