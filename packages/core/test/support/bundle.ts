import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const ENTRY = fileURLToPath(new URL("../../src/index.ts", import.meta.url));

/** The package with all it imports as one script, as a bundler for browsers makes it. */
export async function bundleText(format: "esm" | "iife"): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    format,
    globalName: "core",
    platform: "browser",
    target: "es2022",
    logLevel: "warning",
  });
  return outputFiles[0]!.text;
}

/** A copy of the package in a file of its own, as a second installation is one. */
export interface Copy {
  /** To be given to `import()`. */
  readonly url: string;
  remove(): Promise<void>;
}

export async function installCopy(): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), "core-copy-"));
  const outfile = join(folder, "core.mjs");
  await build({
    entryPoints: [ENTRY],
    bundle: true,
    outfile,
    format: "esm",
    platform: "node",
    target: "node22",
    logLevel: "warning",
  });
  return {
    url: pathToFileURL(outfile).href,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
