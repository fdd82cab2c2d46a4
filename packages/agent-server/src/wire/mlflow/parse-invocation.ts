import { AppError, explainIssues, InvocationRequest, isPlainRequest } from "@wheelhouse/core";
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
  const parsed = parseJsonObject(bytes);
  const { stream } = parsed;
  if (stream != null && typeof stream !== "boolean")
    throw invalidParameters("stream", `stream: expected true or false, got ${kindOf(stream)}`);
  // Most whole answers are asked for without the field: then the body needs no copy.
  const body = "stream" in parsed ? withoutStream(parsed) : parsed;
  // The usual body is accepted without the schema, which stays the one to explain a refusal.
  if (agentType === "ResponsesAgent" && !isPlainRequest(body, false)) {
    const checked = InvocationRequest.safeParse(body);
    if (!checked.success) {
      const { param, message } = explainIssues(checked.error);
      throw invalidParameters(param, message);
    }
  }
  return { body, stream: stream === true };
}

function withoutStream({ stream: _stream, ...body }: Record<string, unknown>): Invocation["body"] {
  return body;
}

function invalidParameters(param: string | null, message: string): AppError {
  return new AppError("invalid_request", {
    message: `Invalid parameters for ResponsesAgent: ${message}`,
    param: param ?? undefined,
  });
}
