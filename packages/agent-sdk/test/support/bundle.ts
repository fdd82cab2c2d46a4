import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Bundled modules in a folder of their own, as an application would ship them. */
export interface Bundles {
  /** The URL of the bundle of an entry, by the entry's name without extension. */
  url(name: string): string;
  remove(): Promise<void>;
}

/** Bundles modules of this package with everything they import, shared code in chunks. */
export async function bundle(...entries: string[]): Promise<Bundles> {
  const folder = await mkdtemp(join(tmpdir(), "agent-sdk-"));
  await build({
    entryPoints: entries.map((entry) => fileURLToPath(new URL(`../../${entry}`, import.meta.url))),
    outdir: folder,
    entryNames: "[name]",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    conditions: ["@wheelhouse/source"],
    logLevel: "warning",
  });
  return {
    url: (name) => pathToFileURL(join(folder, `${name}.mjs`)).href,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
