/** One figure of one target in one round. */
export interface Sample {
  /** Answers or events per second, or milliseconds: what the workload measures. */
  readonly value: number;
  /** CPU microseconds of the server's process for each answer or event. */
  readonly cpuUs: number;
  /** Share of one core that the load generator used, 0 to 1. */
  readonly generatorShare: number;
}

/** A server and what it is asked. */
export interface Target {
  readonly name: string;
  /** The file in `servers/`. */
  readonly server: string;
  /** Looks at one answer; throws where it is not what it must be. */
  check(port: number): Promise<void>;
  /** Loads the server for some milliseconds. */
  load(port: number, milliseconds: number): Promise<{ value: number; units: number }>;
}

/** A row of targets that are compared with the first of them. */
export interface Case {
  readonly name: string;
  /** What `value` is, where it is something else than the workload's. */
  readonly unit?: string;
  readonly targets: readonly Target[];
}

/** A benchmark. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  /** What `value` is. */
  readonly unit: string;
  readonly cases: readonly Case[];
  /** The file in `servers/` of what is behind the targets, which are proxies. */
  readonly behind?: string;
}
