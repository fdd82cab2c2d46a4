import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The first executable file called `name` in the folders of `PATH` and then in `folders`; undefined
 * when there is none. On Windows the endings of `PATHEXT` are tried too.
 */
export function findExecutable(
  name: string,
  folders: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const endings =
    process.platform === "win32" ? ["", ...(env["PATHEXT"] ?? ".EXE;.CMD").split(";")] : [""];
  const places = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of [...places, ...folders]) {
    for (const ending of endings) {
      const path = join(folder, name + ending);
      if (isExecutableFile(path)) return path;
    }
  }
  return undefined;
}

/** True for a file (not a folder) that this process may run. */
export function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
