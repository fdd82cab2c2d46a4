/** What a server's process tells the benchmark over IPC. */
export interface Cpu {
  /** Microseconds of the whole process since it began, user and system, threads included. */
  readonly cpuUs: number;
}

/** Tells the parent the port, and its CPU whenever it asks. The process ends with its parent. */
export function tellParent(port: number): void {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send!({ cpuUs: user + system } satisfies Cpu);
  });
  process.on("disconnect", () => process.exit(0));
  process.send!({ port });
}
