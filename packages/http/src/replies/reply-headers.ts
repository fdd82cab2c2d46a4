import { validateHeaderName, validateHeaderValue } from "node:http";
import type { ReplyHeaders } from "../reply.js";

/** Headers as `writeHead` takes them. */
export type OutgoingHeaders = Record<string, string | number | readonly string[]>;

/** What every answer's headers are made of. */
export interface HeaderFacts {
  readonly requestId: string;
  readonly crossOrigin: Readonly<Record<string, string>> | undefined;
  /** True: the connection ends with this answer. */
  readonly close: boolean;
}

/**
 * Puts an answer's headers together: the reply's own win over the defaults, the request id over all.
 *
 * @throws TypeError for a header of the reply's own that cannot be sent. Found here and not by
 *   `writeHead`, which leaves a response half changed when it throws.
 */
export function replyHeaders(
  facts: HeaderFacts,
  defaults: Readonly<Record<string, string>>,
  own: ReplyHeaders | undefined,
): OutgoingHeaders {
  const headers: OutgoingHeaders = { ...defaults, "x-content-type-options": "nosniff" };
  for (const name in own) {
    const value = own[name]!;
    validateHeaderName(name);
    if (typeof value === "string") validateHeaderValue(name, value);
    else for (const one of value) validateHeaderValue(name, one);
    headers[name] = value;
  }
  if (facts.crossOrigin !== undefined) {
    const vary = headers["vary"];
    Object.assign(headers, facts.crossOrigin);
    if (vary !== undefined) headers["vary"] = `${String(vary)}, origin`;
  }
  if (facts.close) headers["connection"] = "close";
  headers["x-request-id"] = facts.requestId;
  return headers;
}
