import { ClientError } from "./client-error.js";

/** A time limit of the client was over; the message names the option. */
export class TimeoutError extends ClientError {
  constructor(message: string) {
    super("timeout", message);
    this.name = "TimeoutError";
  }
}
