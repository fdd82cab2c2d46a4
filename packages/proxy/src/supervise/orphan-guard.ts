import { type ChildProcess, spawn } from "node:child_process";
import { MARK_VARIABLE } from "./process-tree.js";

/**
 * Waits for the end of its input, which comes with the supervisor's end of whatever kind, SIGKILL too, and ends
 * what is left. `done` tells that there is nothing to do.
 */
const SCRIPT = `
read -r line
[ "$line" = done ] && exit 0
kill -TERM -- "-$1" 2>/dev/null
sleep 2
kill -KILL -- "-$1" 2>/dev/null
for entry in /proc/[0-9]*; do
  tr '\\0' '\\n' < "$entry/environ" 2>/dev/null | grep -qx "$2" && kill -KILL "\${entry#/proc/}" 2>/dev/null
done
exit 0
`;

/**
 * Makes sure that a chat app does not outlive its supervisor: a shell that sleeps, in a group of its own. Not on
 * Windows, where a console's programs end with it.
 *
 * @returns lets the guard go.
 */
export function guardAgainstOrphans(child: ChildProcess, mark: string): () => void {
  if (process.platform === "win32" || child.pid === undefined) return () => {};
  const { [MARK_VARIABLE]: _, ...env } = process.env;
  const guard = spawn(
    "sh",
    ["-c", SCRIPT, "guard", String(child.pid), `${MARK_VARIABLE}=${mark}`],
    {
      detached: true,
      env,
      stdio: ["pipe", "ignore", "ignore"],
    },
  );
  guard.on("error", () => {});
  guard.stdin.on("error", () => {});
  guard.unref();
  (guard.stdin as typeof guard.stdin & { unref?: () => void }).unref?.();
  return () => guard.stdin.end("done\n");
}
