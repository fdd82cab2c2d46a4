import { execFileSync } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./workspace.js";

// AGENTS.md is the map of the repository: what it names has to be there, and what is there has to be
// on it.

const MAP = "AGENTS.md";

/** What is made by tools and not part of the repository. */
const GENERATED = new Set([".git", ".turbo", "coverage", "dist", "node_modules"]);

const agents = existsSync(join(root, MAP)) ? readFileSync(join(root, MAP), "utf8") : "";

/** Lines of fenced blocks, and the text outside of them. */
function parts(markdown: string): { fenced: string[]; prose: string } {
  const fenced: string[] = [];
  const prose = markdown.replaceAll(/^(```|~~~).*\n([\s\S]*?)^\1.*$/gm, (_all, _mark, body) => {
    fenced.push(...(body as string).split("\n"));
    return "";
  });
  return { fenced, prose };
}

/** What the code spans of the prose say. */
function codeSpans(markdown: string): string[] {
  return [...parts(markdown).prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
}

/**
 * The paths of fenced tree listings (`packages/`, then `  core   the vocabulary` indented or drawn
 * with box characters), joined to their folders.
 */
function treePaths(markdown: string): string[] {
  const paths: string[] = [];
  const folders: { depth: number; name: string }[] = [];
  let inTree = false;
  for (const line of parts(markdown).fenced) {
    const match = /^([\s│├└─|`]*)([\w@.*-][\w@.*/-]*)(\s{2,}|\s*$|\s+#)/.exec(line);
    if (match === null) {
      inTree = false;
      continue;
    }
    const depth = (match[1] ?? "").length;
    const name = (match[2] ?? "").replace(/\/$/, "");
    if (depth === 0) {
      // A block is a listing as soon as an unindented line names a folder by its slash.
      inTree = (match[2] ?? "").endsWith("/") || (inTree && folders.length > 0);
      folders.length = 0;
    }
    if (!inTree) continue;
    while (folders.length > 0 && (folders.at(-1)?.depth ?? 0) >= depth) folders.pop();
    paths.push([...folders.map((folder) => folder.name), name].join("/"));
    folders.push({ depth, name });
  }
  return paths;
}

/** True for a code span that means a file or folder of the repository, not a command or an identifier. */
function looksLikePath(span: string): boolean {
  if (!/^[\w@.*][\w@.*/{},-]*$/.test(span) || /^(@|node:|\.\.?\/)/.test(span)) return false;
  const segments = span.split("/");
  if (segments.some((segment) => GENERATED.has(segment))) return false;
  if (segments.length > 1) return existsSync(join(root, segments[0] ?? ""));
  return /\.(md|json|jsonc|ya?ml|ts|mjs)$/.test(span) && !/[*{]/.test(span);
}

function exists(path: string): boolean {
  if (!path.includes("/")) {
    // A bare file name may mean one in any folder.
    return existsSync(join(root, path)) || tracked().some((file) => file.endsWith(`/${path}`));
  }
  return existsSync(join(root, path)) || globSync(path, { cwd: root }).length > 0;
}

let files: string[] | undefined;
/** Every file of the repository; without git (an unpacked archive) what lies in its folders. */
function tracked(): string[] {
  files ??= listFiles();
  return files;
}

function listFiles(): string[] {
  if (existsSync(join(root, ".git"))) {
    const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
    return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim().split("\n");
  }
  return globSync("**/*", { cwd: root, exclude: (name) => GENERATED.has(name) });
}

describe("AGENTS.md", () => {
  test("is there", () => {
    expect(agents, `${MAP} is missing at the top of the repository`).not.toBe("");
  });

  test("names only files and folders that exist", () => {
    const named = [...codeSpans(agents).filter(looksLikePath), ...treePaths(agents)];
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });

  test("names every top-level folder", () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !GENERATED.has(entry.name))
      .map((entry) => entry.name)
      .filter((name) => tracked().some((file) => file.startsWith(`${name}/`)));
    const named = [...codeSpans(agents), ...treePaths(agents)];
    const missing = folders.filter(
      (name) => !named.some((path) => path === name || path.startsWith(`${name}/`)),
    );
    expect(missing).toEqual([]);
  });
});

test("the reader of the map sees code spans and tree lines, not commands", () => {
  const markdown = [
    "Run `npm test`; see `docs/guide/` and `package.json`, `createId()`, `@wheelhouse/core`, `apps/server/dist/main.js`.",
    "```",
    "packages/",
    "  core          the vocabulary",
    "  store/        ports",
    "    src         its sources",
    "apps/",
    "├── server      the app",
    "test            what holds the whole",
    "```",
    "```bash",
    "npm install",
    "```",
  ].join("\n");
  expect(codeSpans(markdown).filter(looksLikePath)).toEqual(["docs/guide/", "package.json"]);
  expect(treePaths(markdown)).toEqual([
    "packages",
    "packages/core",
    "packages/store",
    "packages/store/src",
    "apps",
    "apps/server",
    "test",
  ]);
});
