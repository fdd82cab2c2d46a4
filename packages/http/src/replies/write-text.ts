import type { ServerResponse } from "node:http";
import type { OutgoingHeaders } from "./reply-headers.js";
import { destroyWhenStalled } from "./stall-watch.js";

/** From this many characters on an answer may not fit the kernel's buffers, and its reader is watched. */
const WATCHED_LENGTH = 65_536;

/** Writes an answer whose body is one string: head and body leave in one write. */
export function writeText(
  response: ServerResponse,
  status: number,
  headers: OutgoingHeaders,
  text: string,
  options: { readonly head: boolean; readonly stallMs: number },
): void {
  headers["content-length"] = Buffer.byteLength(text);
  response.writeHead(status, headers as Record<string, string | string[] | number>);
  if (options.head) {
    response.end();
    return;
  }
  response.end(text);
  if (text.length >= WATCHED_LENGTH) destroyWhenStalled(response, options.stallMs);
}
