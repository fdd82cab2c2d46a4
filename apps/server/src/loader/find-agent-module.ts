import { statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { StartError } from "../start-error.js";

const DEFAULT_NAMES = ["agent.ts", "agent.js", "agent.mjs"].flatMap((name) => [
  name,
  join("src", name),
]);

/**
 * The absolute path of the agent module: the one given, the default one of the folder given, or without
 * either the default one of `cwd` (`agent.ts`, `agent.js`, `agent.mjs`, and the same under `src`).
 * @throws StartError that names the path and `cwd`, or what was looked for.
 */
export function findAgentModule(module: string | undefined, cwd: string): string {
  if (module === undefined) return findDefault(cwd);
  const path = resolve(cwd, module);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new StartError(
      "module",
      `There is no agent module ${path} (the current folder is ${cwd}).`,
    );
  }
  return found.isDirectory() ? findDefault(path) : path;
}

function findDefault(folder: string): string {
  const found = DEFAULT_NAMES.find((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
  );
  if (found !== undefined) return join(folder, found);
  const where = relative(process.cwd(), folder) === "" ? "here" : "there";
  throw new StartError(
    "module",
    `No agent module was given, and ${folder} has none of ${DEFAULT_NAMES.join(", ")}. ` +
      `Name one (wheelhouse dev path/to/agent.ts) or write an agent.ts ${where}.`,
  );
}
