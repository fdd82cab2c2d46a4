import { spawn } from "node:child_process";

/** How a Node process ended and what it said. */
export interface NodeExit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node to its end; ends it after 20 s. */
export function runNode(args: readonly string[]): Promise<NodeExit> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      timeout: 20_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
