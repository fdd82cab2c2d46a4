import type { IncomingHttpHeaders } from "node:http";
import { AppError, type User } from "@wheelhouse/core";

/** What an `authenticate` function is given. */
export interface AuthenticationRequest {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  /** As it was sent, mount prefix included, without the query. */
  readonly path: string;
  /** The peer's address as the socket has it; undefined for a Unix socket. */
  readonly remoteAddress: string | undefined;
}

/** Says who sends a request; null for nobody known. What it throws is logged and answered 500, hidden. */
export type Authenticate = (request: AuthenticationRequest) => User | null | Promise<User | null>;

/** Fourth guard: who is it? What is not a user, null first of all, is refused with 401 (RFC 9110 section 15.5.2). */
export function guardAuthentication(user: User | null | undefined): User | AppError {
  if (typeof user === "object" && user !== null && typeof user.id === "string") return user;
  return new AppError("authentication_required", { headers: { "www-authenticate": "Bearer" } });
}
