import { collectSse } from "@wheelhouse/test-support";

// oxlint-disable-next-line typescript/no-explicit-any -- JSON of an answer under test.
export type Json = Record<string, any>;

/** The smallest body that both wires take. */
export const IN = { input: [{ role: "user", content: "hi" }] };
/** The same, streamed. */
export const STREAM = { ...IN, stream: true };
/** The same, with nothing kept of it. */
export const UNSTORED = { ...STREAM, store: false };
/** Both wires' paths. */
export const PATHS = ["/invocations", "/responses"] as const;

/** What a request has beside its body. */
export interface PostInit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Posts JSON, or text as it is. */
export function post(url: string, body: unknown, init: PostInit = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = { "content-type": "application/json", ...init.headers };
  return fetch(url, { ...init, method: "POST", body: text, headers });
}

/** Posts and reads the JSON answer. */
export async function postJson(
  url: string,
  body: unknown,
): Promise<{ status: number; body: Json }> {
  const response = await post(url, body);
  return { status: response.status, body: (await response.json()) as Json };
}

/** The events of a stream; throws when it does not end with one `[DONE]`. */
export async function events(response: Response): Promise<Json[]> {
  const frames = await collectSse(response);
  const done = frames.findIndex(({ data }) => data === "[DONE]");
  if (done === -1 || done !== frames.length - 1)
    throw new Error(`not ended by one [DONE]: ${JSON.stringify(frames.slice(-3))}`);
  return frames.slice(0, -1).map(({ data }) => JSON.parse(data) as Json);
}

/** Posts with `stream: true` and reads the events to the end. */
export const streamed = async (url: string, body: object = IN): Promise<Json[]> =>
  events(await post(url, { ...body, stream: true }));

/** The text of every delta, joined. */
export const deltaText = (all: readonly Json[]): string =>
  all
    .filter((event) => event["type"] === "response.output_text.delta")
    .map((event) => event["delta"] as string)
    .join("");

/** The text of every message of an output, joined. */
export const outputText = (output: readonly Json[]): string =>
  output
    .flatMap((item) => (item["type"] === "message" ? (item["content"] as Json[]) : []))
    .map((part) => part["text"] as string)
    .join("");
