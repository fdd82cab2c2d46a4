import { findExecutable } from "../programs/find-executable.js";
import type { Found } from "../requirement.js";

/** Finds `redis-server` on `PATH` or where Debian puts it. */
export function findRedis(env: NodeJS.ProcessEnv = process.env): Found {
  const path = findExecutable("redis-server", ["/usr/bin"], env);
  return path === undefined
    ? { missing: "redis-server is not installed (Debian: apt-get install redis-server)" }
    : { path };
}
