import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { root } from "./workspace.js";

// scripts/run.mjs in a workspace of its own, with a pnpm that only writes down what it is asked and
// does what the test tells it.

const run = promisify(execFile);

let workspace: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), "wheelhouse-run-test-"));
  for (const folder of ["bin", "scripts", "tools", "node_modules", "apps/server/dist"])
    await mkdir(join(workspace, folder), { recursive: true });
  await copyFile(join(root, "scripts", "run.mjs"), join(workspace, "scripts", "run.mjs"));
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"])
    await writeFile(join(workspace, file), "lockfileVersion: '9.0'\n");
  env = {
    PATH: join(workspace, "bin") + delimiter + process.env["PATH"],
    HOME: workspace,
    TMPDIR: tmpdir(),
  };
  await fakePnpm("");
});

afterEach(() => rm(workspace, { recursive: true, force: true }));

/** Every call is a line of calls.txt; `behaviour` is shell code that sees them as `$*`. */
async function fakePnpm(behaviour: string): Promise<void> {
  const path = join(workspace, "bin", "pnpm");
  await writeFile(
    path,
    `#!/bin/sh
[ "$1" = --version ] && echo 12.9.9 && exit 0
echo "$*" >> calls.txt
case "$*" in *vitest*) [ -z "$COUNTS" ] || echo "$COUNTS" > "$WHEELHOUSE_TEST_COUNTS" ;; esac
${behaviour}
exit 0
`,
  );
  await chmod(path, 0o755);
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runTask(...args: string[]): Promise<Ended> {
  const script = join(workspace, "scripts", "run.mjs");
  return run(process.execPath, [script, ...args], { env, timeout: 30_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  );
}

const calls = async (): Promise<string[]> =>
  (await readFile(join(workspace, "calls.txt"), "utf8")).trim().split("\n");
const lastLine = ({ stdout }: Ended): string => stdout.trimEnd().split("\n").at(-1) ?? "";

describe.skipIf(process.platform === "win32")("npm test", () => {
  test("runs every check, then the tests with its arguments, and ends with the counts", async () => {
    env["COUNTS"] = '{"passed":7,"failed":0,"skipped":2}';
    const ended = await runTask("test", "packages/core");
    expect(ended.code).toBe(0);
    expect(lastLine(ended)).toBe("7 passed, 0 failed, 2 skipped");
    expect(await calls()).toEqual([
      expect.stringMatching(/^install --frozen-lockfile/),
      expect.stringMatching(/^exec turbo run build typecheck typecheck:root/),
      "run lint",
      "run format:check",
      "run unused",
      "exec vitest run packages/core",
    ]);
  });

  test("does not install again what is there, until the lockfile changes", async () => {
    await runTask("test");
    await runTask("test");
    const installs = async (): Promise<number> =>
      (await calls()).filter((call) => call.startsWith("install")).length;
    expect(await installs()).toBe(1);
    await writeFile(join(workspace, "pnpm-lock.yaml"), "lockfileVersion: '9.1'\n");
    await runTask("test");
    expect(await installs()).toBe(2);
  });

  test.each([
    ["install", "pnpm install failed."],
    ["turbo run build", "build or typecheck failed."],
    ["run lint", "lint failed."],
    ["run format:check", "format:check failed."],
    ["run unused", "unused failed."],
  ])("a failure of '%s' is named and is the end", async (call, message) => {
    await fakePnpm(`case "$*" in *"${call}"*) exit 3 ;; esac`);
    const ended = await runTask("test");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(message);
    expect(lastLine(ended)).toBe("0 passed, 1 failed");
    expect((await calls()).at(-1)).toContain(call);
  });

  test.each(["exit 1", "kill -KILL $$"])(
    "a vitest that crashes (%s) is one failure",
    async (how) => {
      await fakePnpm(`case "$*" in *vitest*) ${how} ;; esac`);
      const ended = await runTask("test");
      expect(ended.code).toBe(1);
      expect(lastLine(ended)).toBe("0 passed, 1 failed");
    },
  );

  test("failed tests are counted and fail the run", async () => {
    env["COUNTS"] = '{"passed":5,"failed":2,"skipped":0}';
    await fakePnpm(`case "$*" in *vitest*) exit 1 ;; esac`);
    const ended = await runTask("test");
    expect(ended.code).toBe(1);
    expect(lastLine(ended)).toBe("5 passed, 2 failed");
  });
});

describe.skipIf(process.platform === "win32")("npm start", () => {
  const server = (code: string): Promise<void> =>
    writeFile(join(workspace, "apps", "server", "dist", "main.js"), code);
  const printArguments = "console.log(JSON.stringify(process.argv.slice(2)))";

  test.each([
    [[], ["dev", "examples/docs-agent/agent.ts"]],
    [
      ["--port", "9000"],
      ["dev", "examples/docs-agent/agent.ts", "--port", "9000"],
    ],
    [
      ["my/agent.ts", "--port", "9000"],
      ["dev", "my/agent.ts", "--port", "9000"],
    ],
  ])("with %j serves %j", async (given, served) => {
    await server(printArguments);
    const ended = await runTask("start", ...given);
    expect(ended.code).toBe(0);
    expect(lastLine(ended)).toBe(JSON.stringify(served));
    expect((await calls()).at(-1)).toMatch(/turbo run build .*server.*docs-agent/);
  });

  test("ends with the server's failure, without a closing line", async () => {
    await server("process.exit(3)");
    const ended = await runTask("start");
    expect(ended.code).toBe(1);
    expect(ended.stdout).not.toContain("failed");
  });

  test("stops the server in peace when npm is gone", async () => {
    const [ready, stopped] = [join(workspace, "ready"), join(workspace, "stopped")];
    await server(`
      const { writeFileSync } = require("node:fs");
      process.on("SIGTERM", () => { writeFileSync(${JSON.stringify(stopped)}, ""); process.exit(0); });
      setTimeout(() => {}, 30_000);
      writeFileSync(${JSON.stringify(ready)}, String(process.pid));`);
    const script = join(workspace, "scripts", "run.mjs");
    // The shell stays between, as npm's does, because it has something left to do.
    const npm: ChildProcess = spawn(
      "sh",
      ["-c", '"$0" "$1" start; true', process.execPath, script],
      {
        env,
        stdio: "ignore",
      },
    );
    try {
      await vi.waitFor(() => expect(existsSync(ready)).toBe(true), { timeout: 10_000 });
    } finally {
      npm.kill("SIGKILL");
    }
    await vi.waitFor(() => expect(existsSync(stopped)).toBe(true), { timeout: 5_000 });
  });
});

test("an unknown task is refused with the ones there are", async () => {
  const ended = await runTask("nonsense");
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("usage: node scripts/run.mjs start|test|soak|chaos");
});
