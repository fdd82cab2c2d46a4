import type { Found } from "../requirement.js";
import { findExecutable, isExecutableFile } from "./find-executable.js";

const MISSING =
  "the Claude Code CLI is not installed (npm install --global @anthropic-ai/claude-code; or set CLAUDE_CLI)";

/** Finds the real Claude Code CLI: `CLAUDE_CLI` when it is set, else `claude` on `PATH`. */
export function findClaudeCli(env: NodeJS.ProcessEnv = process.env): Found {
  const chosen = env["CLAUDE_CLI"];
  if (chosen) {
    return isExecutableFile(chosen)
      ? { path: chosen }
      : { missing: `CLAUDE_CLI names no program: ${chosen}` };
  }
  const path = findExecutable("claude", [], env);
  return path === undefined ? { missing: MISSING } : { path };
}

/** The CLI's path. Throws where {@link findClaudeCli} finds none. */
export function claudeCliPath(): string {
  const found = findClaudeCli();
  if ("missing" in found) throw new Error(found.missing);
  return found.path;
}
