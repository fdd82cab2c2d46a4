import { type Stats, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { errorText } from "@wheelhouse/core";
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
  const found = statsOf(path);
  if (found === undefined) {
    throw new StartError(
      "module",
      `There is no agent module ${path} (the current folder is ${cwd}).`,
    );
  }
  if (found.isDirectory()) return findDefault(path);
  // A device has no end, and one that is read as a module fills the memory.
  if (!found.isFile()) throw new StartError("module", `The agent module ${path} is not a file.`);
  return path;
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const told = `The agent module ${path} cannot be reached: ${errorText(error)}`;
    throw new StartError("module", told, { cause: error });
  }
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
