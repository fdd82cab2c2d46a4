/**
 * Replaces this process by the same command under other arguments of Node, where the system can do that: one
 * process serves then, and no second one waits for it. Comes back only where it cannot: on Windows, before
 * Node 22.15, and in a process whose parent talks to it over a channel, which would be lost.
 */
export function replaceProcess(execArgv: readonly string[]): void {
  if (process.platform === "win32" || process.channel !== undefined) return;
  if (typeof process.execve !== "function") return;
  process.execve(
    process.execPath,
    [process.argv0, ...execArgv, ...process.argv.slice(1)],
    process.env,
  );
}
