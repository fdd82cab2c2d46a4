import type { IncomingMessage } from "node:http";
import type { PlainAnswer } from "./relay/answer.js";

/** Fields of a request's head; Node drops those beyond its own limit in silence. */
const MOST_FIELDS = 256;
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d{1,5})?$/i;

const refused = (text: string, status = 400): PlainAnswer => ({ status, text });

/**
 * Looks for what two programs could read in two ways: framing, Host, method (B225). Node's parser refuses most of
 * it before; this holds behind any server, a lenient one too.
 *
 * @returns the refusal; undefined for a request that means one thing.
 */
export function checkRequest(request: IncomingMessage): PlainAnswer | undefined {
  const { headers, rawHeaders, method } = request;
  if (rawHeaders.length > MOST_FIELDS * 2) return refused("Too many headers", 431);
  const coding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (coding !== undefined && (length !== undefined || coding.trim().toLowerCase() !== "chunked")) {
    return refused("Send the body with Content-Length or Transfer-Encoding: chunked alone");
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return refused("Invalid Content-Length");
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  const host = headers.host;
  const isOldClient = hosts === 0 && request.httpVersion === "1.0";
  if (!isOldClient && (hosts !== 1 || !HOST.test(host ?? ""))) {
    return refused("Send exactly one valid Host header");
  }
  if (method === "CONNECT" || method === "TRACE")
    return refused("This method is not forwarded", 405);
  return undefined;
}

/** Whether a request comes with a body, RFC 9112 section 6.3. */
export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
