import type { Call } from "../http/call.js";
import type { RequestOptions, Settings } from "../options.js";
import type { CreatePlan } from "../stream/stream-plan.js";
import type { ResponseCreateBody } from "../types/create-body.js";
import { createIdempotencyKey } from "./idempotency-key.js";

/** Options of `responses.create`. */
export interface CreateOptions extends RequestOptions {
  /**
   * Requests with the same key get the same run. Default: a random UUID, so that a retry cannot run the
   * agent twice. `false`: none, and then no retry once the request may have reached the server.
   */
  idempotencyKey?: string | false | undefined;
}

/** The requests that start a run, as JSON or as a stream. Throws a TypeError for arguments that are wrong. */
export function planCreate(
  body: ResponseCreateBody,
  options: CreateOptions,
  how: { readonly stream: boolean; readonly resume: Settings["resume"] },
): CreatePlan {
  if (typeof body !== "object" || body === null)
    throw new TypeError('Expected a request, such as { input: "hello" }');
  if ((body as { stream?: unknown }).stream != null)
    throw new TypeError("stream: leave it out, and call responses.create or responses.stream");
  const stored = body.store !== false;
  const { idempotencyKey: key } = options;
  if (key !== undefined && key !== false && !/^[\x20-\x7e]{1,255}$/.test(key))
    throw new TypeError("idempotencyKey: expected 1 to 255 printable ASCII characters, or false");
  if (!stored && typeof key === "string")
    throw new TypeError(
      "idempotencyKey: a key needs a response that is stored; leave store: false out",
    );
  const chosen = stored ? (key ?? createIdempotencyKey()) : false;
  const plain: Call = {
    method: "POST",
    path: "/responses",
    body: JSON.stringify(how.stream ? { ...body, stream: true } : body),
    headers: options.headers,
    repeatable: false,
    accept: how.stream ? "text/event-stream" : "application/json",
  };
  if (chosen === false) return { call: withGrace(plain, body, stored && how.resume), stored };
  const keyed = withGrace(plain, body, how.resume);
  const call: Call = {
    ...keyed,
    headers: { ...options.headers, "idempotency-key": chosen },
    repeatable: true,
  };
  return { call, stored, bare: key === undefined ? plain : undefined };
}

/**
 * Asks the server to keep a foreground run for a while when its client is gone: by default it stops the
 * run, and whoever comes back would find it failed.
 */
function withGrace(call: Call, body: ResponseCreateBody, resume: Settings["resume"]): Call {
  if (resume === false || body.background === true || body.disconnect !== undefined) return call;
  const { graceMs } = resume;
  const sent = JSON.parse(call.body ?? "{}") as object;
  return { ...call, body: JSON.stringify({ ...sent, disconnect: { graceMs } }) };
}
