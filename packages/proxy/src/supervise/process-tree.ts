import { execFile, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The variable by which every process that a chat app started is known, however it detached itself. */
export const MARK_VARIABLE = "WHEELHOUSE_CHAT_APP_MARK";

/**
 * Signals everything that a command started: its process group and, where the system shows processes'
 * environments (Linux), every process with the mark. Gives the ids of those that were found by it.
 */
export function signalTree(
  child: ChildProcess,
  mark: string,
  signal: "SIGTERM" | "SIGKILL",
): readonly number[] {
  if (child.pid === undefined) return [];
  if (process.platform === "win32") {
    // Windows has no groups; /T takes the children along, and only /F ends console programs.
    execFile("taskkill", ["/pid", String(child.pid), "/T", "/F"], () => {});
    return [];
  }
  const pids = linuxTree(child.pid, mark);
  send(-child.pid, signal);
  for (const pid of pids) send(pid, signal);
  return pids;
}

/**
 * Whether anything of the tree is left. `signalled`: a process that is about to end has no environment any more,
 * and is known only by having been signalled.
 */
export function isTreeAlive(
  child: ChildProcess,
  mark: string,
  signalled: readonly number[],
): boolean {
  if (child.pid === undefined) return false;
  if (process.platform === "linux")
    return signalled.some(isRunning) || linuxTree(child.pid, mark).length > 0;
  if (process.platform === "win32") return child.exitCode === null && child.signalCode === null;
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process of Linux runs: one that nobody has buried does not. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/**
 * The processes of a group and those with the mark, without the dead that nobody has buried: in a container that
 * may take for ever. Linux only; elsewhere the group is all that is known.
 */
function linuxTree(group: number, mark: string): number[] {
  if (process.platform !== "linux") return [];
  const wanted = `${MARK_VARIABLE}=${mark}`;
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      // The name in brackets may hold anything.
      const [state, , groupOf] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") return [];
      if (Number(groupOf) === group) return [Number(name)];
      const environment = readFileSync(`/proc/${name}/environ`, "latin1");
      return environment.split("\0").includes(wanted) ? [Number(name)] : [];
    } catch {
      // Another user's, or gone by now.
      return [];
    }
  });
}
