import { QueueFullError, StoreClosedError } from "../errors.js";
import type { EnqueueOptions, Queue, QueueJob } from "../ports/queue.js";
import { JobQueue } from "./job-queue.js";
import type { MemorySettings } from "./memory-options.js";

/** The queue port in memory. A queue without jobs costs nothing. */
export class MemoryQueue implements Queue {
  readonly #settings: MemorySettings;
  readonly #queues = new Map<string, JobQueue>();
  #storeClosed = false;

  constructor(settings: MemorySettings) {
    this.#settings = settings;
  }

  enqueue(queue: string, id: string, payload: unknown, options: EnqueueOptions = {}): void {
    if (this.#storeClosed) throw new StoreClosedError();
    const { tenant = "", priority = 0 } = options;
    if (!Number.isFinite(priority)) {
      throw new RangeError(`priority must be a finite number, not ${String(priority)}.`);
    }
    // JSON knows no `undefined`; a job without payload has `null`, as in every driver.
    const text = JSON.stringify(payload) ?? "null";
    const jobs = this.#queues.get(queue) ?? new JobQueue(this.#settings.maxAttempts);
    jobs.reclaim(this.#settings.now());
    if (jobs.has(id)) return;
    if (jobs.total >= this.#settings.maxJobs) throw new QueueFullError(queue);
    jobs.add(id, text, tenant, priority);
    this.#queues.set(queue, jobs);
  }

  claim(queue: string, leaseMs: number): QueueJob | undefined {
    if (!(leaseMs > 0)) throw new RangeError(`leaseMs must be above 0, not ${String(leaseMs)}.`);
    const now = this.#settings.now();
    const jobs = this.#current(queue, now);
    return jobs?.claim(now + leaseMs);
  }

  ack(queue: string, job: QueueJob): boolean {
    const acked = this.#queues.get(queue)?.ack(job.id, job.attempt) ?? false;
    this.#dropIfEmpty(queue);
    return acked;
  }

  size(queue: string): number {
    return this.#current(queue, this.#settings.now())?.waiting ?? 0;
  }

  /** Part of closing the store. */
  end(): void {
    this.#storeClosed = true;
    this.#queues.clear();
  }

  #current(queue: string, now: number): JobQueue | undefined {
    this.#queues.get(queue)?.reclaim(now);
    this.#dropIfEmpty(queue);
    return this.#queues.get(queue);
  }

  #dropIfEmpty(queue: string): void {
    if (this.#queues.get(queue)?.total === 0) this.#queues.delete(queue);
  }
}
