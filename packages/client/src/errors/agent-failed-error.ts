import type { AgentResponse } from "../types/response.js";
import { ClientError } from "./client-error.js";

/** The run ended as `failed` or `cancelled`. */
export class AgentFailedError extends ClientError {
  /** The run's error code, as `task_failed`; `cancelled` for a cancelled run; undefined on `/invocations`. */
  readonly code: string | undefined;
  /** The response with what the agent had said; undefined on `/invocations`. */
  readonly response: AgentResponse | undefined;

  constructor(message: string, code?: string, response?: AgentResponse) {
    super("agent_failed", message);
    this.name = "AgentFailedError";
    this.code = code;
    this.response = response;
  }
}

/** The response, where it ended well or `incomplete`. Throws {@link AgentFailedError} where it failed or was cancelled. */
export function succeeded(response: AgentResponse): AgentResponse {
  const { status, error, id } = response;
  if (status === "cancelled")
    throw new AgentFailedError(`The run was cancelled (${id}).`, "cancelled", response);
  if (status === "failed") {
    const message = error?.message ?? "The agent failed and gave no message.";
    throw new AgentFailedError(`${message} (${id})`, error?.code, response);
  }
  return response;
}
