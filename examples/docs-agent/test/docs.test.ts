import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { splitSections } from "../sections.js";
import { ROOT } from "./support/paths.js";

/** Code put here finds the packages that this one has, and nothing else looks at it. */
const PACKAGES = fileURLToPath(new URL("../node_modules/", import.meta.url));

/** The Markdown files that users read, with their text. */
async function pages(): Promise<Map<string, string>> {
  const names = ["README.md", "CONTRIBUTING.md"];
  for (const name of await readdir(join(ROOT, "docs"), { recursive: true }))
    if (name.endsWith(".md")) names.push(`docs/${name.replaceAll("\\", "/")}`);
  for (const folder of ["packages", "apps"])
    for (const name of await readdir(join(ROOT, folder)))
      if (existsSync(join(ROOT, folder, name, "README.md")))
        names.push(`${folder}/${name}/README.md`);
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(ROOT, name), "utf8")] as const),
    ),
  );
}

const withoutCode = (text: string): string =>
  text.replace(/^ {0,3}(`{3,})[^\n]*\n[\s\S]*?^ {0,3}\1[ \t]*$/gm, "").replace(/`[^`\n]*`/g, "");

describe("documentation", () => {
  test("every relative link leads to a file and a heading that exist", async () => {
    const texts = await pages();
    const broken: string[] = [];
    for (const [page, text] of texts) {
      for (const [, target = ""] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? page : posix.normalize(posix.join(posix.dirname(page), path));
        if (!existsSync(join(ROOT, file))) broken.push(`${page}: ${target}`);
        else if (anchor !== undefined) {
          const markdown = texts.get(file) ?? (await readFile(join(ROOT, file), "utf8"));
          // A heading right before another one has no section of its own: give each some text.
          const ids = splitSections(file, markdown.replace(/^(#{1,6} .*)$/gm, "$1\n\nx")).map(
            ({ id }) => id,
          );
          if (!ids.includes(`${file}#${anchor}`)) broken.push(`${page}: ${target}`);
        }
      }
    }
    expect(broken).toEqual([]);
  });

  test("every page of docs/ is in its index", async () => {
    const index = await readFile(join(ROOT, "docs/README.md"), "utf8");
    const missing = [...(await pages()).keys()].filter(
      (page) =>
        page.startsWith("docs/") &&
        page !== "docs/README.md" &&
        !index.includes(`](${page.slice("docs/".length)})`),
    );
    expect(missing).toEqual([]);
  });

  test("the table of error codes is the one in the code", async () => {
    const source = await readFile(join(ROOT, "packages/core/src/errors/error-codes.ts"), "utf8");
    const inCode = [...source.matchAll(/^ {2}(\w+): entry\(\s*(\d+),\s*"(\w+)"/gm)].map(
      ([, code, status, type]) => `${code} ${status} ${type}`,
    );
    const page = await readFile(join(ROOT, "docs/reference/error-codes.md"), "utf8");
    const inDocs = [...page.matchAll(/^\| `(\w+)` +\| (\d+) +\| `(\w+)` +\|/gm)].map(
      ([, code, status, type]) => `${code} ${status} ${type}`,
    );
    expect(inCode.length).toBeGreaterThan(20);
    expect(inDocs).toEqual(inCode);
  });

  test(
    "every TypeScript block that begins with an import compiles",
    { timeout: 60_000 },
    async () => {
      const folder = await mkdtemp(join(PACKAGES, ".snippets-"));
      try {
        const sources = new Map<string, string>();
        for (const [page, text] of await pages()) {
          let count = 0;
          for (const [, code = ""] of text.matchAll(/^```ts\n([\s\S]*?)^```$/gm))
            // A block that imports from beside it is part of a reader's project, which is not here.
            if (code.startsWith("import ") && !code.includes('from "./'))
              sources.set(`${page.replaceAll("/", "__").replace(/\.md$/, "")}-${++count}.ts`, code);
        }
        expect(sources.size).toBeGreaterThan(30);
        for (const [name, code] of sources) await writeFile(join(folder, name), code);
        const from = (path: string): string[] => [join(ROOT, path)];
        await writeFile(
          join(folder, "tsconfig.json"),
          JSON.stringify({
            extends: join(ROOT, "tsconfig.base.json"),
            compilerOptions: {
              noEmit: true,
              // What a reader would install, from the packages here that have it.
              paths: {
                "@wheelhouse/client": from("packages/client/src/index.ts"),
                "@wheelhouse/core": from("packages/core/src/index.ts"),
                "@wheelhouse/http": from("packages/http/src/index.ts"),
                "@wheelhouse/proxy": from("packages/proxy/src/index.ts"),
                "@wheelhouse/server": from("apps/server/src/index.ts"),
                "@wheelhouse/store": from("packages/store/src/index.ts"),
                "@wheelhouse/store/*": from("packages/store/src/*.ts"),
                "@wheelhouse/tracing": from("packages/tracing/src/index.ts"),
                express: from("packages/http/node_modules/@types/express/index.d.ts"),
                zod: from("packages/core/node_modules/zod/index.d.ts"),
              },
            },
            files: [...sources.keys()],
          }),
        );
        const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
        const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(
          (error: { stdout: string }) => error,
        );
        // The packages' own sources are checked where they are.
        expect(stdout.split("\n").filter((line) => line.includes(".snippets-"))).toEqual([]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
