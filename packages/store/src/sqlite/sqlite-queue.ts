import { QueueFullError, StoreClosedError } from "../errors.js";
import type { EnqueueOptions, Queue, QueueJob } from "../ports/queue.js";
import type { JobTable } from "./job-table.js";
import type { SqliteSettings } from "./sqlite-options.js";
import { toTextKey } from "./text-key.js";
import type { WriteQueue } from "./write-queue.js";

/** The queue port in a SQLite file. */
export class SqliteQueue implements Queue {
  readonly #jobs: JobTable;
  readonly #queue: WriteQueue;
  readonly #settings: SqliteSettings;
  #storeClosed = false;

  constructor(jobs: JobTable, queue: WriteQueue, settings: SqliteSettings) {
    this.#jobs = jobs;
    this.#queue = queue;
    this.#settings = settings;
  }

  async enqueue(
    queue: string,
    id: string,
    payload: unknown,
    options: EnqueueOptions = {},
  ): Promise<void> {
    const { tenant = "", priority = 0 } = options;
    if (!Number.isFinite(priority)) {
      throw new RangeError(`priority must be a finite number, not ${String(priority)}.`);
    }
    // JSON knows no `undefined`; a job without payload has `null`, as in every driver.
    const text = JSON.stringify(payload) ?? "null";
    const [name, jobId] = [toTextKey(queue), toTextKey(id)];
    this.#queue.checkRoom();
    const write = (): void => {
      this.#jobs.reclaim(name, this.#settings.now());
      if (this.#jobs.has(name, jobId)) return;
      if (this.#jobs.total(name) >= this.#settings.maxJobs) throw new QueueFullError(queue);
      this.#jobs.add(name, jobId, text, toTextKey(tenant), priority);
    };
    await this.#queue.write(write, true, text.length);
  }

  /** The lease counts from the moment of the write, which may have waited for another process. */
  async claim(queue: string, leaseMs: number): Promise<QueueJob | undefined> {
    if (!(leaseMs > 0)) throw new RangeError(`leaseMs must be above 0, not ${String(leaseMs)}.`);
    const name = toTextKey(queue);
    return this.#queue.write(() => {
      const now = this.#settings.now();
      this.#jobs.reclaim(name, now);
      return this.#jobs.claim(name, now + leaseMs);
    }, false);
  }

  async ack(queue: string, job: QueueJob): Promise<boolean> {
    return this.#queue.write(() =>
      this.#jobs.ack(toTextKey(queue), toTextKey(job.id), job.attempt),
    );
  }

  size(queue: string): number {
    if (this.#storeClosed) throw new StoreClosedError();
    return this.#jobs.waiting(toTextKey(queue), this.#settings.now());
  }

  /** Part of closing the store. */
  end(): void {
    this.#storeClosed = true;
  }
}
