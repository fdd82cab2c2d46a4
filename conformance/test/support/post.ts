import type { Json } from "./frames.js";

/** Sends a body as JSON. A string or bytes go as they are. */
export function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The body of an answer that says it is JSON. */
export async function json(response: Response): Promise<Json> {
  const type = response.headers.get("content-type") ?? "";
  const text = await response.text();
  if (!type.startsWith("application/json")) throw new Error(`${type} is not JSON: ${text}`);
  return JSON.parse(text) as Json;
}
