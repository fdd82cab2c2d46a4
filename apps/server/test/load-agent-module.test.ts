import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tempDir } from "@wheelhouse/test-support";
import { describe, expect, test, vi } from "vitest";
import { needsTypescriptLoader } from "../src/loader/typescript-loader.js";
import { fixture } from "./support/run-command.js";

/** Each test starts a Node; a machine that is busy takes its time. */
vi.setConfig({ testTimeout: 45_000 });

const SDK = import.meta.resolve("@wheelhouse/agent-sdk");
const LOADER = new URL("../src/loader/load-agent-module.ts", import.meta.url).href;

/** Loads a module in a Node of its own: the test runner would transform it. */
async function load(module: string | undefined, cwd: string, limitMs = 60_000) {
  const script = `
    import { loadAgentModule } from ${JSON.stringify(LOADER)};
    const [module, limitMs] = ${JSON.stringify([module ?? null, limitMs])};
    const out = await loadAgentModule(module ?? undefined, { limitMs }).then(
      ({ path, agents }) => ({ path, agents: agents.map(({ name, invoke, stream }) =>
        ({ name, invoke: invoke?.name, stream: stream?.name })) }),
      (error) => ({ name: error.name, kind: error.kind, message: error.message }),
    );
    console.log(JSON.stringify(out));
    process.exit();
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      "--import",
      import.meta.resolve("tsx"),
      "--conditions=@wheelhouse/source",
      "--input-type=module",
      "--eval",
      script,
    ],
    { cwd },
  );
  return JSON.parse(stdout) as Record<string, unknown>;
}

const here = fileURLToPath(new URL(".", import.meta.url));

describe("finds the agents", () => {
  test("of a decorated class in TypeScript", async () => {
    expect(await load("fixtures/decorated-agent.ts", here)).toEqual({
      path: fixture("decorated-agent.ts"),
      agents: [{ name: "agent", invoke: "answer", stream: "pieces" }],
    });
  });

  test("of several exports, other exports aside", async () => {
    expect((await load("fixtures/two-agents.ts", here))["agents"]).toMatchObject([
      { name: "one" },
      { name: "two" },
    ]);
  });

  test("of the default registry, when the exports have none", async () => {
    expect((await load("fixtures/registry-agent.ts", here))["agents"]).toEqual([
      { name: "agent", invoke: "registered" },
    ]);
  });

  test("of JavaScript, by absolute path", async () => {
    expect((await load(fixture("plain-agent.mjs"), "/"))["agents"]).toEqual([
      { name: "agent", invoke: "plain" },
    ]);
  });

  test("of TypeScript with enums and parameter properties", async () => {
    await using dir = await tempDir();
    await writeFile(
      join(dir.path, "agent.ts"),
      `import { invoke } from ${JSON.stringify(SDK)};
       enum Word { Hello = "hello" }
       class Box { constructor(public readonly word: Word) {} }
       export default invoke(function boxed() { return new Box(Word.Hello).word; });`,
    );
    expect(await load(undefined, dir.path)).toMatchObject({ agents: [{ invoke: "boxed" }] });
  });
});

describe("without a module looks for the default ones", () => {
  test.each(["agent.ts", "agent.js", "agent.mjs", "src/agent.ts"])("%s", async (name) => {
    await using dir = await tempDir();
    await mkdir(join(dir.path, "src"));
    await writeFile(join(dir.path, "package.json"), '{"type":"module"}');
    await writeFile(
      join(dir.path, name),
      `import { invoke } from ${JSON.stringify(SDK)}; export const a = invoke(() => "a");`,
    );
    const found = { path: join(dir.path, name) };
    expect(await load(undefined, dir.path)).toMatchObject(found);
    expect(await load(dir.path, "/")).toMatchObject(found);
  });

  test("and says what it looked for when there is none", async () => {
    await using dir = await tempDir();
    const { kind, message } = await load(undefined, dir.path);
    expect(kind).toBe("module");
    for (const name of ["agent.ts", "agent.js", "agent.mjs", "src/agent.ts", dir.path]) {
      expect(message).toContain(name);
    }
  });
});

describe("tells what is wrong", () => {
  test("a module that is not there: its path and the current folder", async () => {
    await using dir = await tempDir();
    const { kind, message } = await load("missing.ts", dir.path);
    expect(kind).toBe("module");
    expect(message).toContain(join(dir.path, "missing.ts"));
    expect(message).toContain(`current folder is ${dir.path}`);
  });

  test("a module that throws: its own stack and the cause, nothing of ours", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "agent.ts");
    await writeFile(
      path,
      `function prepare(): never { throw new Error("no index", { cause: new Error("disk full") }); }\n\nprepare();`,
    );
    const { message } = await load("agent.ts", dir.path);
    expect(message).toContain(`${path} failed to load:\nError: no index\n`);
    expect(message).toContain(`${path}:3:1`);
    expect(message).toContain("Caused by: Error: disk full");
    expect(message).not.toContain("node:internal");
    expect(message).not.toContain("load-agent-module");
  });

  test.each(["export const x = {", "const a = 1;\nexport const b = = 2;"])(
    "a module that does not parse: the file and the line (%j)",
    async (source) => {
      await using dir = await tempDir();
      await writeFile(join(dir.path, "agent.ts"), source);
      const { kind, message } = await load("agent.ts", dir.path);
      expect(kind).toBe("module");
      expect(message).toMatch(/agent\.ts:\d/);
    },
  );

  test("a module that throws what is no error", async () => {
    await using dir = await tempDir();
    await writeFile(join(dir.path, "agent.mjs"), 'throw "only a string";');
    expect((await load("agent.mjs", dir.path))["message"]).toContain("only a string");
  });

  test("an import that is not there: the name of the import", async () => {
    await using dir = await tempDir();
    await writeFile(join(dir.path, "agent.ts"), 'import "a-package-that-is-not-there";');
    expect((await load("agent.ts", dir.path))["message"]).toContain("a-package-that-is-not-there");
  });

  test("a module without an agent: its exports", async () => {
    await using dir = await tempDir();
    await writeFile(
      join(dir.path, "agent.ts"),
      "export const answer = 42; export function ask() {}",
    );
    const { kind, message } = await load("agent.ts", dir.path);
    expect(kind).toBe("module");
    expect(message).toContain("answer");
    expect(message).toContain("ask");
  });

  test("a module that never finishes loading", async () => {
    await using dir = await tempDir();
    await writeFile(join(dir.path, "agent.mjs"), "await new Promise(() => {});");
    expect((await load("agent.mjs", dir.path, 200))["message"]).toContain(
      "did not finish loading within 0.2 s",
    );
  });
});

test("only what Node cannot run by itself gets the TypeScript loader", async () => {
  await using dir = await tempDir();
  const needs = async (name: string, source = ""): Promise<boolean> => {
    await writeFile(join(dir.path, name), source);
    return needsTypescriptLoader(join(dir.path, name));
  };
  expect(await needs("a.ts")).toBe(true);
  expect(await needs("a.mts")).toBe(true);
  expect(await needs("a.tsx")).toBe(true);
  expect(await needs("a.js", "class A {\n  @invoke()\n  answer() {}\n}")).toBe(true);
  expect(await needs("a.js", "/**\n * @param x\n */\nexport const a = 1;")).toBe(false);
  expect(await needs("a.mjs", "export const mail = 'a@b.example';")).toBe(false);
});
