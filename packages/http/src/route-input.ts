import type { IncomingMessage } from "node:http";
import type { AbortNotice, User } from "@wheelhouse/core";
import { isLocalRequest } from "./guards/guard-connection.js";
import type { Exposure } from "./guards/guard-peer.js";
import type { HttpSettings } from "./options.js";
import { headerRecord } from "./request/header-values.js";
import type { RouteInput } from "./route.js";

/** What a {@link RouteInput} is made of. */
export interface RouteInputParts {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly search: string;
  readonly body: Uint8Array;
  readonly user: User | null;
  readonly exposure: Exposure;
  readonly settings: HttpSettings;
  /** Asked for its signal only when the route asks: most never do. */
  readonly client: AbortNotice;
}

/** What a route is given; the costly parts are made when they are read. A class as `Exchange` is one. */
class LazyRouteInput implements RouteInput {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly user: User | null;
  readonly requestId: string;
  readonly remoteAddress: string | undefined;
  readonly #parts: RouteInputParts;
  #query: URLSearchParams | undefined;

  constructor(parts: RouteInputParts) {
    this.method = parts.request.method ?? "GET";
    this.path = parts.path;
    this.params = parts.params;
    this.headers = headerRecord(parts.request);
    this.body = parts.body;
    this.user = parts.user;
    this.requestId = parts.requestId;
    this.remoteAddress = parts.request.socket.remoteAddress;
    this.#parts = parts;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#parts.search);
    return this.#query;
  }

  get signal(): AbortSignal {
    return this.#parts.client.signal;
  }

  get client(): AbortNotice {
    return this.#parts.client;
  }

  get local(): boolean {
    const { request, exposure, settings } = this.#parts;
    return isLocalRequest(request, exposure, settings);
  }
}

/** Makes what a route is given. */
export function createRouteInput(parts: RouteInputParts): RouteInput {
  return new LazyRouteInput(parts);
}
