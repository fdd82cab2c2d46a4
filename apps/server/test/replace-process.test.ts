import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { fixture } from "./support/run-command.js";

function run(stdio: StdioOptions): ChildProcess {
  const args = ["--import", import.meta.resolve("tsx"), "--conditions=@wheelhouse/source"];
  return spawn(process.execPath, [...args, fixture("replace-process.ts"), "one", "two words"], {
    stdio,
  });
}

async function report(child: ChildProcess): Promise<Record<string, unknown>> {
  return JSON.parse(await text(child.stdout!)) as Record<string, unknown>;
}

test.skipIf(process.platform === "win32")(
  "the command goes on in the same process, with the added arguments of Node",
  async () => {
    const child = run(["ignore", "pipe", "inherit"]);
    expect(await report(child)).toMatchObject({
      pid: child.pid,
      before: `${child.pid}`,
      execArgv: expect.arrayContaining(["--no-deprecation", "--conditions=@wheelhouse/source"]),
      args: ["one", "two words"],
    });
  },
);

test("a process whose parent talks to it over a channel stays what it is", async () => {
  const child = run(["ignore", "pipe", "inherit", "ipc"]);
  expect((await report(child))["execArgv"]).not.toContain("--no-deprecation");
});
