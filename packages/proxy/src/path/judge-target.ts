/** What a request target is, before anybody asks whether it is allowed. */
export type TargetVerdict =
  /** Safe to forward as it is: every decoder reads the same path in it. */
  | { readonly kind: "clean"; readonly path: string; readonly target: string }
  /** It names a place outside of the path it is written under: nothing is there. */
  | { readonly kind: "outside" }
  /** Not a path, or one that two programs may read differently. */
  | { readonly kind: "malformed" };

/** Nearly every path: segments that do not begin with a dot, nothing encoded. */
const PLAIN = /^(?:\/[\w@~-][\w.@~-]*)+\/?$/;
/** Printable ASCII without `\`, which URL parsers read as `/`, and `#`, which they cut at. */
const UNSAFE_PATH = /[^\x21-\x7e]|[\\#]/;
/** A query is the app's to read; these would end the request line or the query itself. */
// oxlint-disable-next-line no-control-regex
const UNSAFE_QUERY = /[\x00-\x20\x7f#]/;
// oxlint-disable-next-line no-control-regex
const UNSAFE_DECODED = /[\x00-\x1f\x7f\\]/;
/** UTF-8 of a character in more bytes than it needs: an old way to hide a dot or a slash. */
const OVERLONG = /[\xc0\xc1]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/;
/** A dot segment, also as `..;x`, which some servers read as `..` (path parameters, RFC 3986 section 3.3). */
const DOT_SEGMENT = /^\.{1,2}(?:;.*)?$/;
/** Each round of decoding takes a layer of encoding off; nobody has use for more. */
const MOST_ROUNDS = 8;

const MALFORMED = { kind: "malformed" } as const;
const OUTSIDE = { kind: "outside" } as const;

/**
 * Judges a raw request target. What is forwarded is the very text that was judged, so it must mean the same
 * to every program behind: it is decoded again and again until nothing changes, and a separator, a dot segment
 * or a control character that shows up on the way makes it malformed (requirement 2 of the proxy; B90, B91).
 * Dot segments that are there to see, and encoded at most once, are what MLflow's server resolves and does not
 * find: they stay a 404.
 */
export function judgeTarget(target: string): TargetVerdict {
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  if (mark !== -1 && UNSAFE_QUERY.test(target.slice(mark + 1))) return MALFORMED;
  if (path === "/" || PLAIN.test(path)) return { kind: "clean", path, target };
  if (!path.startsWith("/") || UNSAFE_PATH.test(path)) return MALFORMED;
  if (path.includes("//") || hasPlainDots(path)) return OUTSIDE;
  return isSame(path) ? { kind: "clean", path, target } : MALFORMED;
}

function hasPlainDots(path: string): boolean {
  const isDots = (segment: string): boolean => segment === "." || segment === "..";
  return (
    path.split(/\/|%2f/i).some(isDots) ||
    path.split("/").some((segment) => isDots(segment.replaceAll(/%2e/gi, ".")))
  );
}

/** Whether a path keeps its segments however often it is decoded. */
function isSame(path: string): boolean {
  const depth = path.split("/").length;
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    return false;
  }
  for (let round = 1; ; round++) {
    const segments = text.split("/");
    if (UNSAFE_DECODED.test(text) || segments.length !== depth) return false;
    if (segments.some((segment) => DOT_SEGMENT.test(segment))) return false;
    // Broken escapes that only show up now are left as they are: that is what lenient decoders do.
    const next = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === text) return true;
    if (round === MOST_ROUNDS || OVERLONG.test(next)) return false;
    text = next;
  }
}
