import type { Match, RouteTable, TableRow } from "./route-table.js";

/** A table's answer, with the path it was found under. */
export interface Found<Row> {
  readonly match: Match<Row>;
  /** Without the static prefix. */
  readonly path: string;
}

/** Looks a path up at the root, then under the static prefix. */
export function findRoute<Row extends TableRow>(
  table: RouteTable<Row>,
  method: string,
  path: string,
  prefix: string,
): Found<Row> {
  const match = table.lookup(method, path);
  if (match.kind !== "none" || prefix === "" || !path.startsWith(prefix)) return { match, path };
  const rest = path.slice(prefix.length);
  if (rest !== "" && !rest.startsWith("/")) return { match, path };
  const inner = rest === "" ? "/" : rest;
  return { match: table.lookup(method, inner), path: inner };
}
