import { AppError, explainIssues, InvocationRequest } from "@wheelhouse/core";
import { kindOf } from "../../run/assemble/kind-of.js";
import type { AgentType } from "../../options.js";
import { parseJsonObject } from "../parse-json-object.js";

/** A body of `/invocations`, checked. */
export interface Invocation {
  /** The body without `stream`: what the handler sees. */
  readonly body: Record<string, unknown>;
  readonly stream: boolean;
}

/**
 * Parses a body of `/invocations`. Throws 400 with MLflow's prefixes (B9-B20); `stream` must be a
 * boolean or null (B33, B34).
 */
export function parseInvocation(bytes: Uint8Array, agentType: AgentType): Invocation {
  const { stream, ...body } = parseJsonObject(bytes);
  if (stream != null && typeof stream !== "boolean")
    throw invalidParameters("stream", `stream: expected true or false, got ${kindOf(stream)}`);
  if (agentType === "ResponsesAgent") {
    const checked = InvocationRequest.safeParse(body);
    if (!checked.success) {
      const { param, message } = explainIssues(checked.error);
      throw invalidParameters(param, message);
    }
  }
  return { body, stream: stream === true };
}

function invalidParameters(param: string | null, message: string): AppError {
  return new AppError("invalid_request", {
    message: `Invalid parameters for ResponsesAgent: ${message}`,
    param: param ?? undefined,
  });
}
