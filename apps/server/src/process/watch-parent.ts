import { Worker } from "node:worker_threads";

/** Runs as a thread of its own: an agent that blocks the event loop cannot keep it from running. */
const WATCH = `
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) setTimeout(() => process.kill(process.pid, "SIGKILL"), 5000);
}, 1000);
`;

/**
 * Ends this process, by force, within 6 s of its parent's death. The orderly way is the `disconnect` event;
 * this is for a process whose event loop is blocked. On Windows orphans keep their parent's id, and only the
 * orderly way is left.
 */
export function watchParent(): void {
  const thread = new Worker(WATCH, { eval: true, env: {}, execArgv: [] });
  thread.on("error", () => {});
  thread.unref();
}
