/** What a server's process tells the benchmark over IPC. */
export interface Cpu {
  /** Microseconds of the whole process since it began, user and system, threads included. */
  readonly cpuUs: number;
}

/** Tells the parent the port, and its CPU whenever it asks. The process ends with its parent. */
export function tellParent(port: number, cpuUs: () => number = ownCpuUs): void {
  process.on("message", () => {
    process.send!({ cpuUs: cpuUs() } satisfies Cpu);
  });
  process.on("disconnect", () => process.exit(0));
  process.send!({ port });
}

function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Where the server behind a proxy listens. */
export function chatAppPort(): number {
  return Number(process.env["BENCH_BEHIND_PORT"]);
}
