import type { IncomingMessage, ServerResponse } from "node:http";
import type { BlockList } from "node:net";
import type { Duplex } from "node:stream";

/** What a server knows of a request that it hands to its fallback. */
export interface PassedOn {
  /** For the log and the answer's `x-request-id`. */
  readonly requestId: string;
  /** True when the client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue: boolean;
  /** Peers whose forwarding headers are believed. */
  readonly trustedProxies: BlockList | undefined;
  /** Origins, in lower case, whose pages may call from another site. */
  readonly allowedOrigins: ReadonlySet<string>;
}

/** What takes the requests that no route has: the chat proxy. Own routes always win. */
export interface Fallback {
  /** True: it sends `x-request-id` and `100 Continue` itself. Default: both are done before it is called. */
  readonly usesFacts?: boolean | undefined;
  /** True when the request is taken; false passes it on. */
  handle(request: IncomingMessage, response: ServerResponse, facts?: PassedOn): boolean;
  /** True when the upgrade is taken. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, facts?: PassedOn): boolean;
  /** Whether it can serve: gates `/readyz`. */
  ready(): boolean;
  close(): Promise<void>;
}
