import type { Found } from "../requirement.js";
import { findExecutable, isExecutableFile } from "./find-executable.js";

const MISSING =
  "Chromium is not installed (Debian: apt-get install chromium; or set CHROMIUM_PATH)";

/**
 * What Chromium is started with in tests: no window, no sandbox (it refuses to run as root with one)
 * and no traffic of its own. Add a fresh `--user-data-dir`.
 */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Finds Chromium: `CHROMIUM_PATH` when it is set, else `chromium` or `chromium-browser` on `PATH`. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): Found {
  const chosen = env["CHROMIUM_PATH"];
  if (chosen) {
    return isExecutableFile(chosen)
      ? { path: chosen }
      : { missing: `CHROMIUM_PATH names no program: ${chosen}` };
  }
  const path =
    findExecutable("chromium", ["/usr/bin"], env) ?? findExecutable("chromium-browser", [], env);
  return path === undefined ? { missing: MISSING } : { path };
}

/** Chromium's path. Throws where {@link findChromium} finds none. */
export function chromiumPath(): string {
  const found = findChromium();
  if ("missing" in found) throw new Error(found.missing);
  return found.path;
}
