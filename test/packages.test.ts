import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Manifest, root, type WorkspacePackage, workspacePackages } from "./workspace.js";

// Packs what `npm publish` would send, from the built dist/, and uses it outside the workspace.

const run = promisify(execFile);
const windows = process.platform === "win32";
const published = workspacePackages.filter(({ manifest }) => manifest.private !== true);

interface Packed {
  readonly manifest: Manifest;
  readonly text: string;
  readonly files: readonly string[];
  readonly tarball: ArrayBuffer;
}

/** A folder outside the workspace that has every packed package, as npm would lay them out. */
let consumer: string;
const packed = new Map<string, Packed>();

beforeAll(async () => {
  consumer = await realpath(await mkdtemp(join(tmpdir(), "wheelhouse-consumer-")));
  for (const pkg of published) {
    const out = join(consumer, "tarballs", pkg.short);
    packed.set(pkg.short, await pack(pkg, out));
    await link(join(out, "package"), pkg.manifest.name);
    await linkThirdParty(pkg);
  }
  await link(await realpath(join(root, "node_modules", "@types", "node")), "@types/node");
}, 120_000);

afterAll(() => rm(consumer, { recursive: true, force: true }));

async function pack(pkg: WorkspacePackage, out: string): Promise<Packed> {
  await mkdir(out, { recursive: true });
  const dir = join(root, pkg.folder);
  if (!existsSync(join(dir, "dist"))) throw new Error(`${pkg.folder} is not built: npm run build`);
  await run("pnpm", ["pack", "--pack-destination", out], { cwd: dir, shell: windows });
  const file = join(out, (await readdir(out))[0] ?? "");
  await run("tar", ["-xzf", file, "-C", out]);
  const text = await readFile(join(out, "package", "package.json"), "utf8");
  return {
    manifest: JSON.parse(text) as Manifest,
    text,
    files: await readdir(join(out, "package"), { recursive: true }),
    tarball: new Uint8Array(await readFile(file)).buffer,
  };
}

async function link(target: string, name: string): Promise<void> {
  const at = join(consumer, "node_modules", name);
  await mkdir(dirname(at), { recursive: true });
  await symlink(target, at, "junction").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/** Dependencies that are not ours come from the workspace's installation. */
async function linkThirdParty({ folder, manifest }: WorkspacePackage): Promise<void> {
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (name.startsWith("@wheelhouse/")) continue;
    await link(await realpath(join(root, folder, "node_modules", name)), name);
  }
}

const entriesOf = ({ name, exports }: Manifest): string[] =>
  Object.keys(exports ?? {})
    .filter((entry) => !entry.endsWith(".json"))
    .map((entry) => name + entry.slice(1));

describe.each(published)("$manifest.name", ({ short }) => {
  const one = (): Packed => {
    const found = packed.get(short);
    if (found === undefined) throw new Error(`${short} was not packed`);
    return found;
  };

  test("has a manifest that means the same outside the workspace", () => {
    const { text, manifest } = one();
    expect(text).not.toMatch(/workspace:|catalog:|@wheelhouse\/source/);
    expect(manifest.engines).toEqual({ node: ">=22.13" });
  });

  test("carries the licence and its build, and nothing of its sources or tests", () => {
    const { files } = one();
    expect(files).toContain("LICENSE");
    expect(files).toContain(join("dist", "index.js"));
    expect(files).toContain(join("dist", "index.d.ts"));
    expect(files.filter((file) => /^(src|test)\b|\.test\.|tsconfig|tsup/.test(file))).toEqual([]);
  });

  test("passes publint", async () => {
    const { tarball } = one();
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("loads by import and by require, as the same module", async () => {
    const entries = entriesOf(one().manifest);
    expect(entries.length).toBeGreaterThan(0);
    const script = `
      (async () => {
        for (const id of ${JSON.stringify(entries)})
          if ((await import(id)) !== require(id)) throw new Error(id + " is two modules");
      })();`;
    const file = join(consumer, `${short}.cjs`);
    await writeFile(file, script);
    await run(process.execPath, [file], { cwd: consumer, timeout: 30_000 });
  });
});

test("the types of every entry hold for a strict consumer", async () => {
  const entries = [...packed.values()].flatMap(({ manifest }) => entriesOf(manifest));
  const lines = entries.map((id, at) => `import * as m${at} from "${id}"; void m${at};`);
  await writeFile(join(consumer, "all.mts"), lines.join("\n"));
  await writeFile(join(consumer, "all.cts"), lines.join("\n"));
  const flags = "--noEmit --strict --module nodenext --target es2022 --types node".split(" ");
  const lib = ["--lib", "es2023,esnext.disposable"];
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const complaints = await run(process.execPath, [tsc, ...flags, ...lib, "all.mts", "all.cts"], {
    cwd: consumer,
    timeout: 60_000,
  }).then(
    () => "",
    (error: Error & { stdout?: string }) => error.stdout || error.message,
  );
  expect(complaints).toBe("");
}, 60_000);
