import { readdirSync, readFileSync } from "node:fs";

/** The processes of a group that run, zombies aside: Linux' /proc/PID/stat, fields 3 and 5. */
export function groupOf(group: number): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(processGroup) === group && state !== "Z" ? [Number(name)] : [];
    } catch {
      // It ended while we looked.
      return [];
    }
  });
}
