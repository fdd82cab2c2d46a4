import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";

/** The top folder of the repository. */
export const root = dirname(import.meta.dirname);

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A package of the workspace. */
export interface WorkspacePackage {
  /** Relative to the root, with `/`. */
  readonly folder: string;
  /** Without `@wheelhouse/`. */
  readonly short: string;
  readonly manifest: Manifest;
}

const slashes = (path: string): string => path.replaceAll(sep, "/");

/** Every package of the workspace, in the order of its folders. */
export const workspacePackages: readonly WorkspacePackage[] = [
  "packages/*",
  "apps/*",
  "conformance",
  "examples/*",
  "benchmarks",
]
  .flatMap((pattern) => globSync(pattern, { cwd: root }).toSorted())
  .filter((folder) => existsSync(join(root, folder, "package.json")))
  .map((folder) => {
    const text = readFileSync(join(root, folder, "package.json"), "utf8");
    const manifest = JSON.parse(text) as Manifest;
    return {
      folder: slashes(folder),
      short: manifest.name.replace("@wheelhouse/", ""),
      manifest,
    };
  });

/** The TypeScript files under a folder, relative to the root, with `/`. */
export function sourceFiles(folder: string): string[] {
  return globSync(`${folder}/**/*.{ts,tsx,mts,cts}`, {
    cwd: root,
    exclude: (name) => /(^|[/\\])(node_modules|dist)$/.test(name),
  })
    .map(slashes)
    .toSorted();
}
