import {
  type AppError,
  detailBody,
  errorEnvelope,
  type ErrorVisibility,
  toAppError,
} from "@wheelhouse/core";
import type { TextReply, JsonTextReply } from "../reply.js";
import type { RoutePolicy } from "../route.js";

/** An error as the reply that tells it, in the form its route uses. */
export function renderError(
  thrown: unknown,
  policy: Pick<RoutePolicy, "errors" | "refusals"> | undefined,
  visibility: ErrorVisibility,
): JsonTextReply | TextReply {
  const error = toAppError(thrown);
  const status = statusOf(error);
  const isRefusal = error.code === "invalid_host" || error.code === "cross_origin";
  if (isRefusal && policy?.refusals === "text") {
    return { kind: "text", status, text: error.message, headers: error.headers };
  }
  const body =
    policy?.errors === "detail" ? detailBody(error, visibility) : errorEnvelope(error, visibility);
  return { kind: "json_text", status, text: errorJson(body, visibility), headers: error.headers };
}

/** A status that is no error's would make the failure look like an answer. */
function statusOf(error: AppError): number {
  const { status } = error;
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500;
}

/** `detail` is the thrower's own value, and one that JSON cannot say must not hide the error itself. */
function errorJson(body: { message: string }, visibility: ErrorVisibility): string {
  try {
    return JSON.stringify(body);
  } catch {
    return JSON.stringify(errorEnvelope(undefined, { ...visibility, exposeErrors: false }));
  }
}
