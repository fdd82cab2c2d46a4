/** A route's path, taken apart: a string is a literal segment, null a parameter. */
export interface PathPattern {
  readonly segments: readonly (string | null)[];
  /** Names of the parameters, in order. */
  readonly names: readonly string[];
  /** The same for patterns that match the same paths. */
  readonly key: string;
}

const LITERAL = /^[A-Za-z0-9._~!$&'()*+,;=@-]+$/;
const PARAMETER = /^:[A-Za-z_]\w*$/;

/** Takes a route's path apart; undefined when it is not `/` or segments that are literal or `:name`. */
export function parsePathPattern(path: string): PathPattern | undefined {
  if (path === "/") return { segments: [""], names: [], key: "/" };
  if (!path.startsWith("/")) return undefined;
  const parts = path.slice(1).split("/");
  const names: string[] = [];
  for (const part of parts) {
    if (PARAMETER.test(part)) names.push(part.slice(1));
    else if (!LITERAL.test(part) || part === "." || part === "..") return undefined;
  }
  if (new Set(names).size !== names.length) return undefined;
  const segments = parts.map((part) => (part.startsWith(":") ? null : part));
  return { segments, names, key: `/${segments.map((segment) => segment ?? ":").join("/")}` };
}
