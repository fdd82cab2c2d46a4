import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of one's own; disposing it removes it with all that is in it. */
export interface TempDir extends AsyncDisposable {
  /** Absolute, without symbolic links. */
  readonly path: string;
}

/** Makes an empty folder under the system's temporary folder: `await using folder = await tempDir()`. */
export async function tempDir(prefix = "wheelhouse-"): Promise<TempDir> {
  const path = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  return {
    path,
    // A process that was just killed may still hold or write a file: retried for about a second.
    [Symbol.asyncDispose]: () =>
      rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}
