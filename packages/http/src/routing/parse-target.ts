/** A request target's two halves. */
export interface RequestTarget {
  /** As sent, not decoded. */
  readonly path: string;
  /** What follows the `?`; "" without one. */
  readonly search: string;
}

/** Parses a request target in origin form, RFC 9112 section 3.2.1; undefined for the other forms. */
export function parseTarget(target: string): RequestTarget | undefined {
  if (!target.startsWith("/")) return undefined;
  const mark = target.indexOf("?");
  if (mark === -1) return { path: target, search: "" };
  return { path: target.slice(0, mark), search: target.slice(mark + 1) };
}

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i;

/** The path inside a target in absolute form; undefined when it is in none. */
export function pathOfAbsoluteTarget(target: string): string | undefined {
  const match = ABSOLUTE.exec(target);
  return match === null ? undefined : match[1] || "/";
}
