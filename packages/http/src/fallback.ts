import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What takes the requests that no route has: the chat proxy. Own routes always win. */
export interface Fallback {
  /** True when the request is taken; false passes it on. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** True when the upgrade is taken. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Whether it can serve: gates `/readyz`. */
  ready(): boolean;
  close(): Promise<void>;
}
