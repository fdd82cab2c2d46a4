import { globSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { findExecutable } from "../programs/find-executable.js";
import type { Found } from "../requirement.js";

/**
 * Finds the folder that holds PostgreSQL's `postgres`, `initdb` and `psql`: by `PATH`, else the newest
 * under `/usr/lib/postgresql`, which is where Debian puts the server without putting it on `PATH`.
 */
export function findPostgres(env: NodeJS.ProcessEnv = process.env): Found {
  const debian = globSync("/usr/lib/postgresql/*/bin").toSorted(
    (a, b) => Number(b.split("/")[4]) - Number(a.split("/")[4]),
  );
  const postgres = findExecutable("postgres", debian, env);
  // On PATH there may be only a link to it, without its neighbours.
  return postgres === undefined
    ? { missing: "postgres is not installed (Debian: apt-get install postgresql)" }
    : { path: dirname(realpathSync(postgres)) };
}
