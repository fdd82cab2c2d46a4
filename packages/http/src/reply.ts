import type { WebSocket } from "ws";

/** Response headers: lower-case names; an array sends the header several times. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A JSON body. */
export interface JsonReply {
  readonly kind: "json";
  /** Default 200. */
  readonly status?: number | undefined;
  /** Serialised by the reply writer; a value that cannot be is answered as an error. */
  readonly body: unknown;
  readonly headers?: ReplyHeaders | undefined;
}

/** JSON text that is already serialised: one write, no second pass. */
export interface JsonTextReply {
  readonly kind: "json_text";
  readonly status?: number | undefined;
  readonly text: string;
  readonly headers?: ReplyHeaders | undefined;
}

/** Plain text: probes, metrics, refusals that a contract wants as text. */
export interface TextReply {
  readonly kind: "text";
  readonly status?: number | undefined;
  readonly text: string;
  /** Default `text/plain; charset=utf-8`. */
  readonly contentType?: string | undefined;
  readonly headers?: ReplyHeaders | undefined;
}

/**
 * A server-sent event stream. Each string the source gives is one or more whole frames and becomes one
 * write; the next is asked for only when the socket can take it. When the client leaves, the source is
 * returned, so that its `finally` runs.
 */
export interface SseReply {
  readonly kind: "sse";
  readonly status?: number | undefined;
  readonly frames: AsyncIterable<string>;
  readonly headers?: ReplyHeaders | undefined;
  /** Milliseconds of silence before a `: ping` comment. Default 15,000. */
  readonly pingMs?: number | undefined;
}

/** No body. */
export interface EmptyReply {
  readonly kind: "empty";
  /** Default 204. */
  readonly status?: number | undefined;
  readonly headers?: ReplyHeaders | undefined;
}

/** A WebSocket: only for a request that came as an upgrade. */
export interface UpgradeReply {
  readonly kind: "upgrade";
  /**
   * Called with the open socket; the connection lives until it or the client closes. `hold` tells that work
   * goes on over it, and gives what ends that: a server that drains waits for it before it closes the socket,
   * and aborts the request's `client` near the end of its grace.
   */
  readonly accept: (socket: WebSocket, hold: () => () => void) => void;
}

/** What a route gives back. */
export type Reply = JsonReply | JsonTextReply | TextReply | SseReply | EmptyReply | UpgradeReply;
