import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A file for a store in a folder of its own, beside the bundles: on the disk that the repository is on,
 * since folders for temporary files may be in memory. It goes when the bundles go.
 */
export function storeFile(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return join(mkdtempSync(join(here, "store-")), "store.db");
}
