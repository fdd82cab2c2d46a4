type MaybePromise<Value> = Value | Promise<Value>;

/** Work that waits for a worker. */
export interface QueueJob {
  readonly id: string;
  readonly payload: unknown;
  readonly tenant: string;
  /** Higher goes first. */
  readonly priority: number;
  /** Claims so far, this one included. */
  readonly attempt: number;
}

/** How a job is queued. */
export interface EnqueueOptions {
  /** Whose it is: tenants take turns. Default "". */
  readonly tenant?: string | undefined;
  /** Default 0. */
  readonly priority?: number | undefined;
}

/**
 * Named queues. The highest priority goes first; within a priority the tenants that wait take turns;
 * within a tenant first come is first served, and a job claimed again keeps its place.
 */
export interface Queue {
  /** Queueing an id that waits or is leased already does nothing. Throws `QueueFullError` past the driver's bound. */
  enqueue(
    queue: string,
    id: string,
    payload: unknown,
    options?: EnqueueOptions,
  ): MaybePromise<void>;
  /**
   * The next job, leased for `leaseMs`: not acked by then, it can be claimed again. Undefined when none waits.
   * Throws `RangeError` unless `leaseMs` is above 0.
   */
  claim(queue: string, leaseMs: number): MaybePromise<QueueJob | undefined>;
  /** Takes the job off; false when the lease was lost: the job was claimed again, or is gone. */
  ack(queue: string, job: QueueJob): MaybePromise<boolean>;
  /** Jobs that wait, leased ones not counted until their lease has run out. */
  size(queue: string): MaybePromise<number>;
}
