/** What decides whether a page may open a WebSocket. */
export interface OriginFacts {
  /** The Origin header; undefined for programs that are no browsers. */
  readonly origin: string | undefined;
  /** The Host header, or the one that a trusted proxy says the client sent. */
  readonly host: string | undefined;
  /** In lower case. */
  readonly allowedOrigins: ReadonlySet<string>;
}

const HTTP_ORIGIN = /^(https?):\/\/([^/?#@\\\s,]+)$/;
const USUAL_PORT: Readonly<Record<string, string>> = { http: "80", https: "443" };

/**
 * A browser opens a WebSocket to anywhere, with the user's cookies, and no preflight asks: so only a page of this
 * server, or a listed one, may (RFC 6455 section 10.2). Another port of this machine is another site's program.
 */
export function isOriginAllowed({ origin, host, allowedOrigins }: OriginFacts): boolean {
  if (origin === undefined) return true;
  const page = origin.toLowerCase();
  if (allowedOrigins.has(page)) return true;
  const match = HTTP_ORIGIN.exec(page);
  if (match === null || host === undefined) return false;
  const usual = USUAL_PORT[match[1]!]!;
  // A proxy that ends TLS hides the scheme: a port left out means the page's scheme on both sides.
  return withPort(match[2]!, usual) === withPort(host.toLowerCase(), usual);
}

const withPort = (authority: string, usual: string): string =>
  /:\d+$/.test(authority) ? authority : `${authority}:${usual}`;
