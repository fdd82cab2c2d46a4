import { judgeTarget } from "./judge-target.js";

/** Which paths go to the chat app. */
export interface AllowList {
  /** @param path without the query, as it was sent. */
  allows(path: string): boolean;
}

/** Paths of an allow-list as they are configured. */
export interface AllowedPaths {
  /** Whole paths: `/favicon.ico`. */
  readonly exactPaths: readonly string[];
  /** Everything below a path: `/assets/`. Without its last slash an entry means the same. */
  readonly pathPrefixes: readonly string[];
}

/** What MLflow's proxy lets through today. */
export const DEFAULT_ALLOWED_PATHS: AllowedPaths = {
  exactPaths: ["/", "/favicon.ico", "/ping"],
  pathPrefixes: ["/assets/", "/api/", "/chat/"],
};

/**
 * Makes an allow-list. Prefixes end at a segment: `/z` covers `/z/a` and never `/zebra` (B100).
 *
 * @param warn is told of each prefix that was given without its slash.
 * @throws TypeError naming an entry that no request could ever match.
 */
export function createAllowList(paths: AllowedPaths, warn: (message: string) => void): AllowList {
  for (const entry of [...paths.exactPaths, ...paths.pathPrefixes]) checkEntry(entry);
  const exact = new Set(paths.exactPaths);
  const prefixes = [...new Set(paths.pathPrefixes)].map((prefix) => {
    if (prefix.endsWith("/")) return prefix;
    warn(
      `The chat proxy's path prefix "${prefix}" is taken as "${prefix}/": what merely begins with it is not forwarded.`,
    );
    return `${prefix}/`;
  });
  return {
    allows: (path) => exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix)),
  };
}

function checkEntry(entry: string): void {
  const problem = allowedPathProblem(entry);
  if (problem !== undefined) {
    throw new TypeError(`The chat proxy cannot allow "${entry}": ${problem}.`);
  }
}

/** Why an entry could match no request; undefined when it is in order. */
export function allowedPathProblem(entry: string): string | undefined {
  if (!entry.startsWith("/")) return "a path begins with a slash";
  if (entry.includes("?")) return "a path has no query";
  if (entry.includes("*")) return "there are no wildcards; a prefix ends with a slash";
  if (judgeTarget(entry).kind !== "clean") return "no request with such a path is forwarded";
  return undefined;
}
