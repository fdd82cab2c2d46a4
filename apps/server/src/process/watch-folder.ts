import { existsSync } from "node:fs";
import { basename, relative, sep } from "node:path";
import { watch } from "chokidar";
import type { Logger } from "@wheelhouse/core";

/** Code: what an agent writes beside itself, such as its memory in a JSON file, must not restart it. */
const SOURCE = /\.(?:[cm]?[jt]s|[jt]sx)$/;
/** An editor saves in several steps and a branch switch touches many files: they are one change. */
const DEBOUNCE_MS = 100;
/** Milliseconds between two looks for a folder that is gone. */
const RETURN_MS = 500;

/**
 * Calls `changed` with the last path of a burst of changes to source files in the folder, without node_modules,
 * dist and dot folders. A folder that is taken away, as by a build that starts clean, is watched again when it is
 * back, which is a change of the folder itself.
 * @returns a function that ends the watch.
 */
export function watchFolder(
  folder: string,
  changed: (path: string) => void,
  logger: Logger,
): () => Promise<void> {
  const watcher = watch(folder, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path, stats) => {
      // The folder itself may lie below a dot folder or be called dist.
      const parts = relative(folder, path).split(sep);
      if (parts.some((part) => /^(?:node_modules|dist|\..+)$/.test(part) && part !== ".."))
        return true;
      return stats?.isFile() === true && !SOURCE.test(basename(path));
    },
  });
  let timer: NodeJS.Timeout | undefined;
  let gone: NodeJS.Timeout | undefined;
  const lookForReturn = (): void => {
    if (!existsSync(folder)) return;
    clearInterval(gone);
    gone = undefined;
    watcher.add(folder);
    changed(folder);
  };
  watcher.on("all", (event, path) => {
    if (event === "unlinkDir" && path === folder) gone ??= setInterval(lookForReturn, RETURN_MS);
    if (event === "addDir" || event === "unlinkDir" || !SOURCE.test(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => changed(path), DEBOUNCE_MS);
  });
  watcher.on("error", (err) => {
    logger.warn({ err }, "Some files cannot be watched: their changes do not restart the server");
  });
  return () => {
    clearTimeout(timer);
    clearInterval(gone);
    return watcher.close();
  };
}
