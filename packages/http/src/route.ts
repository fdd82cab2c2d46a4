import type { AbortNotice, User } from "@wheelhouse/core";
import type { Reply } from "./reply.js";

/** `GET` also answers `HEAD`, without the body. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * What must hold before a route runs. The surface decides which guards apply (architecture, HTTP):
 * `probe` none; `agent` Host and Origin on loopback, authentication where configured; `own` the same
 * with JSON only, and never on a public bind without authentication.
 */
export interface RoutePolicy {
  readonly surface: "probe" | "agent" | "own";
  /** Who may call where authentication is configured. Default `user`. */
  readonly access?: "anyone" | "user" | "admin" | undefined;
  /** Bytes; default the server's `bodyLimit`. */
  readonly bodyLimit?: number | undefined;
  /** The form of this route's errors: OpenAI's envelope, or MLflow's `{detail, message}`. Default `envelope`. */
  readonly errors?: "envelope" | "detail" | undefined;
  /** True: answered while the server drains. Probes always are. */
  readonly whileDraining?: boolean | undefined;
  /**
   * `own` only. True: the person asked for this route by an option, so that a public bind without
   * authentication refuses to start instead of leaving the route out.
   */
  readonly explicit?: boolean | undefined;
  /**
   * `own` only: what happens without authentication to a client that is not on this machine (B203).
   * `refuse` (default) answers 403 or 404; `route` calls the route, which reads `input.local` and decides.
   * Never served where `listen` bound a public address.
   */
  readonly remote?: "refuse" | "route" | undefined;
  /** `own` only. True: pages of other local ports pass as on the agent's surface (B210). Default false. */
  readonly localOrigins?: boolean | undefined;
  /** The form of a Host or Origin refusal: as `errors` says, or MLflow's plain text (B208, B210). Default `errors`. */
  readonly refusals?: "errors" | "text" | undefined;
}

/**
 * A request as a route sees it. Hand it on as it is: some properties are getters, which a spread would lose.
 */
export interface RouteInput {
  readonly method: string;
  /** The path the route matched, without query and mount prefix. */
  readonly path: string;
  /** `:name` segments, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Lower-case names; a header sent several times is joined as Node does. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body's bytes, whole; empty without one. */
  readonly body: Uint8Array;
  readonly user: User | null;
  /** In `x-request-id` of the answer and in the log. */
  readonly requestId: string;
  /** Aborted when the client leaves before the answer is complete. */
  readonly signal: AbortSignal;
  /** The same, for those who need no AbortSignal: listening costs next to nothing. */
  readonly client: AbortNotice;
  /** The peer's address as the socket has it. */
  readonly remoteAddress: string | undefined;
  /**
   * Whether the client is on this machine: a loopback connection, and no forwarding header that says
   * otherwise (B204-B207).
   */
  readonly local: boolean;
}

/** One endpoint: a method, a path, a policy and a function. */
export interface Route {
  readonly method: Method;
  /** Literal segments and `:name` ones: `/responses/:id`. */
  readonly path: string;
  readonly policy: RoutePolicy;
  readonly handle: (input: RouteInput) => Reply | Promise<Reply>;
}

/** One WebSocket endpoint. The same guards run as for a GET of the path. */
export interface UpgradeRoute {
  readonly path: string;
  readonly policy: RoutePolicy;
  readonly handle: (input: RouteInput) => Reply | Promise<Reply>;
}
