import { decodeSse } from "@wheelhouse/core";
import { ClientError } from "../errors/client-error.js";
import { InvalidResponseError } from "../errors/invalid-response-error.js";
import { readBody } from "../http/read-body.js";

/** How {@link readFrames} reads. */
export interface ReadFramesOptions {
  /** The call, for errors. */
  readonly call: string;
  readonly signal: AbortSignal;
  readonly idleMs: number;
  /** Told of `[DONE]`. The body is still read to its end, so that its connection can be used again. */
  readonly onDone: () => void;
}

const SHOWN = 200;

/**
 * The JSON objects of one event stream. Returns true after `[DONE]`, false where the body ended without
 * it. Throws as `readBody` does, and InvalidResponseError for what is no event stream.
 */
export async function* readFrames(
  response: globalThis.Response,
  { call, signal, idleMs, onDone }: ReadFramesOptions,
): AsyncGenerator<Readonly<Record<string, unknown>>, boolean, void> {
  const type = response.headers.get("content-type") ?? "no content type";
  if (!type.startsWith("text/event-stream")) {
    void response.body?.cancel().catch(() => {});
    throw new InvalidResponseError(
      `${call} was answered with ${type} and not with an event stream: check that baseUrl is an agent server's.`,
    );
  }
  let done = false;
  try {
    for await (const { data } of decodeSse(readBody(response, { signal, idleMs }))) {
      if (done) continue;
      if (data === "[DONE]") {
        done = true;
        onDone();
      } else yield objectOf(call, data);
    }
  } catch (error) {
    if (done) return true;
    if (signal.aborted || error instanceof ClientError) throw error;
    throw new InvalidResponseError(`${call}: the event stream cannot be read.`, error);
  }
  return done;
}

function objectOf(call: string, data: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    // Told below.
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new InvalidResponseError(
    `${call}: a frame of the event stream is not a JSON object: ${data.slice(0, SHOWN)}`,
  );
}
