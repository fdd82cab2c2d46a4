import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An empty folder of this user's, gone at the end of a `using` block. */
export interface TempFolder extends Disposable {
  readonly path: string;
  /** A store's file in it. */
  readonly file: string;
}

export function tempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), "wheelhouse-store-"));
  return {
    path,
    file: join(path, "state.db"),
    // A process that was just killed may still hold a file.
    [Symbol.dispose]: () =>
      rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}
