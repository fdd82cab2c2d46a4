import type { IncomingMessage, ServerResponse } from "node:http";
import { type AbortNotice, LazyAbortController } from "@wheelhouse/core";
import { abortError } from "./abort-error.js";
import type { Work } from "./lifecycle.js";

/** What an {@link Exchange} starts from. */
export interface ExchangeOptions {
  readonly requestId: string;
  /** True when the client waits for `100 Continue` or the answer before it sends the body. */
  readonly expectsContinue: boolean;
  /** CORS headers for a listed origin; undefined for every other request. */
  readonly crossOrigin: Readonly<Record<string, string>> | undefined;
}

/**
 * One request and its answer, with what the steps between them share. The client's leaving shows on the
 * response, never on the request, whose `close` comes as soon as its body has been read.
 *
 * A class, because there is one for every request: getters of an object literal cost V8 a hidden class each.
 */
export class Exchange implements Work {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly expectsContinue: boolean;
  readonly crossOrigin: Readonly<Record<string, string>> | undefined;
  /** Aborted when the client leaves or the server's grace ends. */
  readonly client: AbortNotice;
  readonly #client = new LazyAbortController();
  #end: (() => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions) {
    this.client = this.#client;
    this.request = request;
    this.response = response;
    this.requestId = options.requestId;
    this.expectsContinue = options.expectsContinue;
    this.crossOrigin = options.crossOrigin;
    response.on("close", () => {
      if (!response.writableFinished) this.abort(abortError("client_disconnected"));
      this.#end?.();
    });
    // A write that meets a closed socket is told by `close`; without a listener it would end the process.
    response.on("error", () => response.destroy());
    if (response.destroyed) this.abort(abortError("client_disconnected"));
  }

  /** Tells those who wait; the first reason holds. */
  abort(reason: Error): void {
    this.#client.abort(reason);
  }

  /** Calls a function when the answer is over: sent whole, or its connection gone. */
  onEnd(end: () => void): void {
    this.#end = end;
  }
}
