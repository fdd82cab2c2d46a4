import type { RoutePolicy } from "../route.js";

/** What {@link assertPublicBind} looks at. */
export interface PublicBindFacts {
  readonly host: string;
  readonly routes: readonly { readonly path: string; readonly policy: RoutePolicy }[];
  readonly authenticated: boolean;
  readonly exposeErrors: boolean;
}

/**
 * Checks that a server may take a public address (architecture, HTTP).
 *
 * @throws Error when own routes that were asked for would be open to everybody, or when clients would
 *   read the text of unexpected errors; the message says what to do.
 */
export function assertPublicBind(facts: PublicBindFacts): void {
  const { host } = facts;
  if (facts.exposeErrors) {
    throw new Error(
      `Cannot listen on ${host} with exposeErrors: clients would read internal errors. ` +
        "Turn it off, or listen on 127.0.0.1.",
    );
  }
  if (facts.authenticated) return;
  const asked = facts.routes.find(
    ({ policy }) => policy.surface === "own" && policy.explicit === true,
  );
  if (asked === undefined) return;
  throw new Error(
    `Cannot serve ${asked.path} on ${host} without authentication: everybody could use it. ` +
      "Configure authenticate, listen on 127.0.0.1, or leave the feature out.",
  );
}
