import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { DEV_ONLY, EXCLUSIVE, IMPORT_RULES, OUTSIDERS, SQLITE_FILES } from "./import-rules.js";
import { type ModuleImport, moduleImports } from "./module-imports.js";
import { root, sourceFiles, type WorkspacePackage, workspacePackages } from "./workspace.js";

const SCOPE = "@wheelhouse/";
const libraries = workspacePackages.filter(({ folder }) => !OUTSIDERS.test(folder));
const outsiders = workspacePackages.filter(({ folder }) => OUTSIDERS.test(folder));
const published = new Set(
  workspacePackages.filter(({ manifest }) => !manifest.private).map(({ short }) => short),
);

const importsOf = (file: string): ModuleImport[] =>
  moduleImports(file, readFileSync(join(root, file), "utf8"));
const isRelative = (specifier: string): boolean => specifier.startsWith(".");
const isBuiltin = (specifier: string): boolean =>
  specifier.startsWith("node:") || builtinModules.includes(specifier);
/** `@scope/name/path` -> `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
const shipped = ({ manifest }: WorkspacePackage): string[] =>
  Object.keys({
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  });

function mayUse(short: string, dependency: string): boolean {
  if (dependency.startsWith(SCOPE)) {
    return IMPORT_RULES[short]?.internal.includes(dependency.slice(SCOPE.length)) ?? false;
  }
  return EXCLUSIVE.every(
    ({ pattern, owners }) =>
      !pattern.test(dependency) || owners.includes(short) || short === "server",
  );
}

/** The file a relative import means: `./x.js` is `./x.ts` in the sources. */
function target(file: string, specifier: string): string {
  return posix
    .join(posix.dirname(file), specifier)
    .replace(/\.(m|c)?jsx?$/, (ending) => ending.replace("js", "ts"));
}

test("every package has a row in the table", () => {
  const rows = Object.keys(IMPORT_RULES);
  expect(libraries.map(({ short }) => short).filter((short) => !rows.includes(short))).toEqual([]);
});

describe.each(libraries)("$folder", (pkg) => {
  const { folder, short, manifest } = pkg;
  const imports = sourceFiles(`${folder}/src`).flatMap((file) =>
    importsOf(file).map((one) => ({ file, ...one })),
  );
  const told = ({ file, specifier }: { file: string; specifier: string }): string =>
    `${file} imports ${specifier}`;

  test("depends only on what the table gives it", () => {
    expect(shipped(pkg).filter((name) => !mayUse(short, name))).toEqual([]);
    const development = Object.keys(manifest.devDependencies ?? {})
      .filter((name) => name.startsWith(SCOPE))
      .filter((name) => !mayUse(short, name) && !DEV_ONLY[name.slice(SCOPE.length)]?.(folder));
    expect(development).toEqual([]);
  });

  test("imports only what the table gives it and its manifest ships", () => {
    const ships = shipped(pkg);
    const wrong = imports
      .filter(({ specifier }) => !isRelative(specifier) && !isBuiltin(specifier))
      .filter(({ specifier }) => {
        const name = packageOf(specifier);
        return !mayUse(short, name) || !(ships.includes(name) || isTypesOnlyHelper(pkg, name));
      });
    expect(wrong.map(told)).toEqual([]);
  });

  test("does not reach into another folder", () => {
    const wrong = imports.filter(
      ({ file, specifier }) =>
        isRelative(specifier) && !target(file, specifier).startsWith(`${folder}/`),
    );
    expect(wrong.map(told)).toEqual([]);
  });

  test("imports what is built into Node by its node: name, if it may at all", () => {
    const wrong = imports.filter(
      ({ specifier }) =>
        isBuiltin(specifier) &&
        (!specifier.startsWith("node:") || IMPORT_RULES[short]?.browserSafe === true),
    );
    expect(wrong.map(told)).toEqual([]);
  });

  test("leaves node:sqlite to the SQLite driver", () => {
    const wrong = imports.filter(
      ({ file, specifier }) => /^(node:)?sqlite$/.test(specifier) && !SQLITE_FILES.test(file),
    );
    expect(wrong.map(told)).toEqual([]);
  });
});

test("the store's other entries do not load node:sqlite", () => {
  const entries = ["packages/store/src/index.ts", "packages/store/src/contract.ts"];
  const reached = new Set(entries);
  for (const file of reached) {
    for (const { specifier, typeOnly } of importsOf(file)) {
      if (!typeOnly && isRelative(specifier)) reached.add(target(file, specifier));
    }
  }
  expect(reached.size).toBeGreaterThan(entries.length);
  expect([...reached].filter((file) => SQLITE_FILES.test(file))).toEqual([]);
});

describe.each(outsiders)("$folder", ({ folder, manifest }) => {
  test("uses the packages as an outsider does: declared, by published names", () => {
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const unpublished = declared
      .filter((name) => name.startsWith(SCOPE))
      .map((name) => name.slice(SCOPE.length))
      .filter((short) => !published.has(short) && !DEV_ONLY[short]?.(folder));
    expect(unpublished).toEqual([]);
    const wrong = sourceFiles(folder).flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) =>
          isRelative(specifier)
            ? !target(file, specifier).startsWith(`${folder}/`)
            : !isBuiltin(specifier) && !declared.includes(packageOf(specifier)),
        )
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

test("nothing imports an app", () => {
  const apps = workspacePackages.filter(({ folder }) => folder.startsWith("apps/"));
  const names = apps.map(({ manifest }) => manifest.name);
  const wrong = workspacePackages
    .flatMap(({ folder }) => sourceFiles(folder))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => names.includes(packageOf(specifier)))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
  expect(wrong).toEqual([]);
});

test("the reader of imports sees every form of them", () => {
  const code = `
    import a from "a"; import type { B } from "b"; import { type C } from "c"; import "d";
    export * from "e"; export type { F } from "f"; export { type G } from "g";
    const h = await import("h"); const i = import(\`i\`); let j: import("j").J;
    import k = require("k"); const l = require("l");
    // import "m"
    const n = 'import "n"';`;
  expect(moduleImports("a.ts", code)).toEqual(
    [
      ["a", false],
      ["b", true],
      ["c", true],
      ["d", false],
      ["e", false],
      ["f", true],
      ["g", true],
      ["h", false],
      ["i", false],
      ["j", true],
      ["k", false],
      ["l", false],
    ].map(([specifier, typeOnly]) => ({ specifier, typeOnly })),
  );
});

/** A package may name vitest's types where it is only tested with, as test-support does. */
function isTypesOnlyHelper({ short, manifest }: WorkspacePackage, name: string): boolean {
  return short === "test-support" && Object.hasOwn(manifest.devDependencies ?? {}, name);
}
