import { ConnectionError } from "../errors/connection-error.js";
import type { Settings } from "../options.js";
import { type Call, nameOf } from "./call.js";
import { readText } from "./read-text.js";
import { toApiError } from "./to-api-error.js";

/** What Node says of a connection that never was; browsers say nothing. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * One attempt, until its headers are there. Throws the signal's reason, a {@link ConnectionError}, or an
 * ApiError for an error status.
 */
export async function exchange(
  settings: Settings,
  call: Call,
  signal: AbortSignal,
): Promise<globalThis.Response> {
  signal.throwIfAborted();
  const { baseUrl } = settings;
  const base = call.aboveV1 === true ? baseUrl.replace(/\/v1$/, "") : baseUrl;
  const url = base + call.path + queryOf(call);
  const headers = await settled(headersOf(settings, call), signal);
  signal.throwIfAborted();
  let response: globalThis.Response;
  try {
    const init: RequestInit = { method: call.method, headers, signal };
    if (call.body !== undefined) init.body = call.body;
    response = await settled(settings.fetch(url, init), signal);
  } catch (error) {
    signal.throwIfAborted();
    const code = codeOf(error);
    throw new ConnectionError(
      `${nameOf(call)}: no answer from ${baseUrl}${code === undefined ? "" : ` (${code})`}: check baseUrl and whether the server is up.`,
      error,
      code !== undefined && NEVER_SENT.has(code),
    );
  }
  if (response.ok) return response;
  const text = await readText(response, { signal, maxLength: settings.maxBodyLength });
  throw toApiError(nameOf(call), response, text);
}

function queryOf({ query = [] }: Call): string {
  const params = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]));
  return query.length === 0 ? "" : `?${params.toString()}`;
}

async function headersOf(settings: Settings, call: Call): Promise<Headers> {
  const own = typeof settings.headers === "function" ? await settings.headers() : settings.headers;
  const headers = new Headers({ accept: call.accept });
  if (call.body !== undefined) headers.set("content-type", "application/json");
  if (settings.apiKey !== undefined) headers.set("authorization", `Bearer ${settings.apiKey}`);
  for (const [name, value] of Object.entries({ ...own, ...call.headers })) headers.set(name, value);
  return headers;
}

/** The promise, or the signal's reason if that comes first: a `fetch` of the caller's may not know the signal. */
async function settled<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** undici puts the reason into `cause`, and several of them into an AggregateError. */
function codeOf(error: unknown): string | undefined {
  const cause = (error as { cause?: unknown } | null)?.cause;
  const code = (cause as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
