import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./workspace.js";

// A registry that lacks some platform's binaries makes pnpm leave them out of the lockfile without a
// word, and `--frozen-lockfile` then gives a tool that does not start on that platform.

const read = (path: string): string => readFileSync(join(root, path), "utf8");

const LOCKFILES = [
  "pnpm-lock.yaml",
  "tools/node/package-lock.json",
  "tools/pnpm/package-lock.json",
];

/** Binaries that are for one platform by design, with the reason. */
const ONE_PLATFORM = new Map([
  ["fsevents", "the file watching of macOS"],
  ["@napi-rs/lzma-linux-x64-gnu", "a build tool of rollup that it lists by mistake; never loaded"],
]);

interface Binary {
  readonly name: string;
  readonly os: string;
  readonly cpu: string;
}

/** Every package of pnpm-lock.yaml that is for some platforms only, once for each. */
function lockedBinaries(lock: string): Binary[] {
  const packages = lock.slice(lock.indexOf("\npackages:\n"), lock.indexOf("\nsnapshots:\n"));
  return packages.split("\n\n").flatMap((entry) => {
    const name = /^ {2}'?(@?[^@'\s]+)@/m.exec(entry)?.[1];
    const list = (key: string): string[] =>
      new RegExp(`^ {4}${key}: \\[(.*)\\]`, "m").exec(entry)?.[1]?.split(", ") ?? [];
    if (name === undefined) return [];
    return list("os").flatMap((os) => list("cpu").map((cpu) => ({ name, os, cpu })));
  });
}

/** `@rolldown/binding-linux-x64-gnu` -> `@rolldown/binding`: what the binaries of one tool share. */
const family = (name: string): string =>
  name.replace(/[-/](android|darwin|freebsd|linux|netbsd|openbsd|win32|windows).*$/, "");

test.each(LOCKFILES)("%s names no registry", (path) => {
  const lock = read(path);
  expect(lock).not.toMatch(/https?:\/\//);
  expect(lock).not.toMatch(/^\s*"?(tarball|resolved)"?:/m);
});

describe("pnpm-lock.yaml", () => {
  const families = new Map<string, Binary[]>();
  for (const binary of lockedBinaries(read("pnpm-lock.yaml"))) {
    if (ONE_PLATFORM.has(binary.name)) continue;
    const tool = family(binary.name);
    families.set(tool, [...(families.get(tool) ?? []), binary]);
  }

  test("locks the tools that have native binaries", () => {
    expect([...families.keys()]).toEqual(
      expect.arrayContaining(["@esbuild", "@oxlint/binding", "@rolldown/binding", "@turbo"]),
    );
  });

  // The linux binaries are the ones that are always there, so a tool is known by having one.
  const native = [...families].filter(([, all]) => all.some(({ os }) => os === "linux"));
  test.each(native)("has %s for macOS, Windows and Linux", (_name, all) => {
    const platforms = all.map(({ os, cpu }) => `${os}-${cpu}`);
    expect(platforms).toEqual(
      expect.arrayContaining([
        "darwin-arm64",
        "darwin-x64",
        "linux-arm64",
        "linux-x64",
        "win32-x64",
      ]),
    );
  });
});

test.each([
  ["node", ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "win-x64"]],
  ["pnpm", ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "win32-x64"]],
])("tools/%s is pinned to one version for every platform, as its lockfile has it", (tool, all) => {
  interface Locked {
    readonly version: string;
    readonly packages: Readonly<Record<string, { readonly version?: string; integrity?: string }>>;
  }
  const lock = JSON.parse(read(`tools/${tool}/package-lock.json`)) as Locked;
  const { version, optionalDependencies } = JSON.parse(read(`tools/${tool}/package.json`)) as {
    version: string;
    optionalDependencies: Readonly<Record<string, string>>;
  };
  expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([version]));
  for (const platform of all) {
    const name = Object.keys(optionalDependencies).find((one) => one.endsWith(platform));
    const locked = lock.packages[`node_modules/${name}`];
    expect(locked, platform).toMatchObject({ version, integrity: expect.any(String) as string });
  }
});
