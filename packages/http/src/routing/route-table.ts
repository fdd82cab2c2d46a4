import type { RoutePolicy } from "../route.js";
import { parsePathPattern, type PathPattern } from "./path-pattern.js";

/** What a table holds under a method and a path. */
export interface TableRow {
  readonly method: string;
  readonly path: string;
  readonly policy: RoutePolicy;
}

/** What a table says of a method and a path. */
export type Match<Row> =
  | { readonly kind: "route"; readonly row: Row; readonly params: Readonly<Record<string, string>> }
  /** The path is there, the method is not; `rows` are the path's. */
  | { readonly kind: "method"; readonly allow: readonly string[]; readonly rows: readonly Row[] }
  /** A parameter's percent-encoding is broken. */
  | { readonly kind: "malformed"; readonly row: Row }
  | { readonly kind: "none" };

/** Finds routes by method and path. */
export interface RouteTable<Row extends TableRow> {
  lookup(method: string, path: string): Match<Row>;
}

interface Place<Row> {
  readonly pattern: PathPattern;
  readonly rows: Map<string, { readonly row: Row; readonly names: readonly string[] }>;
}

const SURFACES = new Set(["probe", "agent", "own"]);
const NONE = { kind: "none" } as const;
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Builds the table. Paths without parameters are found in one step; the others by their segments, literal
 * ones before parameters. One slash at the end of a path is tolerated, and GET answers HEAD.
 *
 * @throws TypeError naming the route that has no policy, an invalid path, or a twin.
 */
export function createRouteTable<Row extends TableRow>(rows: readonly Row[]): RouteTable<Row> {
  const places = new Map<string, Place<Row>>();
  for (const row of rows) addRow(places, row);
  const literal = new Map<string, Place<Row>>();
  const bySegments = new Map<number, Place<Row>[]>();
  for (const place of places.values()) {
    const count = place.pattern.segments.length;
    if (!place.pattern.segments.includes(null)) literal.set(place.pattern.key, place);
    else bySegments.set(count, [...(bySegments.get(count) ?? []), place]);
  }
  for (const list of bySegments.values()) list.sort(moreLiteralFirst);

  return {
    lookup(method, rawPath) {
      const path = rawPath.length > 1 && rawPath.endsWith("/") ? rawPath.slice(0, -1) : rawPath;
      const verb = method === "HEAD" ? "GET" : method;
      const exact = literal.get(path);
      const found = exact?.rows.get(verb);
      if (found !== undefined) return { kind: "route", row: found.row, params: NO_PARAMS };
      const segments = path.slice(1).split("/");
      const misses: Place<Row>[] = exact === undefined ? [] : [exact];
      for (const place of bySegments.get(segments.length) ?? []) {
        if (!matches(place.pattern, segments)) continue;
        const entry = place.rows.get(verb);
        if (entry === undefined) misses.push(place);
        else return withParams(entry.row, place.pattern, entry.names, segments);
      }
      return misses.length === 0 ? NONE : wrongMethod(misses);
    },
  };
}

function addRow<Row extends TableRow>(places: Map<string, Place<Row>>, row: Row): void {
  const name = `${row.method} ${row.path}`;
  // Callers without types can leave it out, and a route that nothing guards must not start.
  if (!SURFACES.has((row.policy as RoutePolicy | undefined)?.surface ?? "")) {
    throw new TypeError(
      `Route ${name} has no policy: give it one with surface probe, agent or own.`,
    );
  }
  const pattern = parsePathPattern(row.path);
  if (pattern === undefined) {
    throw new TypeError(`Route ${name} has an invalid path: use /literal and /:name segments.`);
  }
  const place = places.get(pattern.key) ?? { pattern, rows: new Map() };
  const twin = place.rows.get(row.method);
  if (twin !== undefined) {
    throw new TypeError(`Route ${name} is there twice: ${twin.row.path} matches the same paths.`);
  }
  place.rows.set(row.method, { row, names: pattern.names });
  places.set(pattern.key, place);
}

function moreLiteralFirst(a: Place<unknown>, b: Place<unknown>): number {
  for (const [index, segment] of a.pattern.segments.entries()) {
    const other = b.pattern.segments[index];
    if ((segment === null) !== (other === null)) return segment === null ? 1 : -1;
  }
  return 0;
}

/** An empty segment is no parameter's value: `/responses//cancel` is not `/responses/:id/cancel`. */
function matches(pattern: PathPattern, segments: readonly string[]): boolean {
  return pattern.segments.every((wanted, index) =>
    wanted === null ? segments[index] !== "" : segments[index] === wanted,
  );
}

function withParams<Row>(
  row: Row,
  pattern: PathPattern,
  names: readonly string[],
  segments: readonly string[],
): Match<Row> {
  const params: Record<string, string> = {};
  let taken = 0;
  try {
    for (const [index, wanted] of pattern.segments.entries()) {
      if (wanted === null) params[names[taken++]!] = decodeURIComponent(segments[index]!);
    }
  } catch {
    return { kind: "malformed", row };
  }
  return { kind: "route", row, params };
}

function wrongMethod<Row>(places: readonly Place<Row>[]): Match<Row> {
  const allow = new Set<string>();
  const rows: Row[] = [];
  for (const place of places) {
    for (const [method, entry] of place.rows) {
      allow.add(method);
      if (method === "GET") allow.add("HEAD");
      rows.push(entry.row);
    }
  }
  return { kind: "method", allow: [...allow], rows };
}
