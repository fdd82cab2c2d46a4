import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";

const ENTRY = fileURLToPath(new URL("../../src/index.ts", import.meta.url));

/** The package with all it imports as one script, as a bundler for browsers makes it. */
export async function bundleText(options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    format: "esm",
    globalName: "wheelhouse",
    platform: "browser",
    target: "es2022",
    conditions: ["@wheelhouse/source"],
    logLevel: "warning",
    ...options,
  });
  return outputFiles![0]!.text;
}
