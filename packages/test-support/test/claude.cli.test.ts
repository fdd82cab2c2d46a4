import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { claudeCliPath, findClaudeCli, requirement } from "../src/index.js";

const run = promisify(execFile);

describe("the Claude Code CLI", requirement("cli", findClaudeCli).options, () => {
  test("answers with its version", async () => {
    const { stdout } = await run(claudeCliPath(), ["--version"], { timeout: 20_000 });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+ \(Claude Code\)\n$/);
  });
});
