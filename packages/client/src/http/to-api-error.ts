import { ApiError } from "../errors/api-error.js";

const SHOWN = 300;

/** What to do about a status, where the server's own message may not say it. */
const HINTS: Readonly<Record<number, string>> = {
  401: "Give createClient an apiKey or headers that the server accepts.",
  404: "If nothing is found at all, check baseUrl.",
};

/**
 * An error answer as an {@link ApiError}: OpenAI's envelope, MLflow's `detail` and `message`, or any text,
 * such as a proxy's page.
 */
export function toApiError(call: string, response: globalThis.Response, text: string): ApiError {
  const { status, headers } = response;
  const body = objectOf(parse(text));
  const error = objectOf(body["error"]);
  const message =
    string(error["message"]) ??
    string(body["message"]) ??
    string(body["detail"]) ??
    string(body["error"]) ??
    [text.trim().slice(0, SHOWN) || response.statusText || "no message", HINTS[status]]
      .filter(Boolean)
      .join(" ");
  const shouldRetry = headers.get("x-should-retry");
  return new ApiError({
    call,
    status,
    message: status === 401 && error["message"] ? `${message} ${HINTS[401]}` : message,
    code: string(error["code"]),
    type: string(error["type"]),
    param: string(error["param"]),
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfterMs: retryAfter(headers),
    shouldRetry: shouldRetry === "true" ? true : shouldRetry === "false" ? false : undefined,
  });
}

/** `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110 section 10.2.3); in milliseconds. */
function retryAfter(headers: Headers): number | undefined {
  const ms = headers.get("retry-after-ms");
  if (ms !== null && /^\d+(\.\d+)?$/.test(ms)) return Number(ms);
  const after = headers.get("retry-after");
  if (after === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(after)) return Number(after) * 1000;
  const at = Date.parse(after);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** "" stands for nothing: the server sends it where OpenAI sends null. */
const string = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
