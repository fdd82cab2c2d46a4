import type { QueueJob } from "../ports/queue.js";
import { OrderedList } from "./ordered-list.js";

interface Job {
  readonly id: string;
  readonly text: string;
  readonly tenant: string;
  readonly priority: number;
  /** Its place: counts the jobs in the order they came. */
  readonly ordinal: number;
  attempt: number;
  /** Unix milliseconds. */
  leasedUntil: number;
}

/** The waiting jobs of one tenant and priority. */
interface Line {
  readonly jobs: OrderedList<Job>;
  /** When the tenant's turn comes, against the others'. */
  turn: number;
}

/** The waiting jobs of one priority. */
interface Level {
  readonly lines: Map<string, Line>;
  /** The lines in the order of their turns. */
  readonly turns: OrderedList<Line>;
  nextTurn: number;
}

/** One queue of the memory driver. */
export class JobQueue {
  readonly #maxAttempts: number;
  readonly #jobs = new Map<string, Job>();
  readonly #leased = new Set<Job>();
  /** By falling priority. */
  readonly #levels = new OrderedList<Level>();
  #nextOrdinal = 0;
  /** No lease runs out before: spares a look at each of them. */
  #earliestExpiry = Infinity;

  constructor(maxAttempts: number) {
    this.#maxAttempts = maxAttempts;
  }

  /** Jobs waiting and leased. */
  get total(): number {
    return this.#jobs.size;
  }

  get waiting(): number {
    return this.#jobs.size - this.#leased.size;
  }

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  add(id: string, text: string, tenant: string, priority: number): void {
    const ordinal = this.#nextOrdinal++;
    const job: Job = { id, text, tenant, priority, ordinal, attempt: 0, leasedUntil: 0 };
    this.#jobs.set(id, job);
    this.#wait(job);
  }

  claim(leasedUntil: number): QueueJob | undefined {
    const level = this.#levels.first();
    const line = level?.turns.first();
    const job = line?.jobs.first();
    if (level === undefined || line === undefined || job === undefined) return undefined;
    // The tenant's next turn comes after everybody else's.
    level.turns.delete(line.turn);
    line.turn = level.nextTurn++;
    level.turns.set(line.turn, line);
    this.#stopWaiting(job);
    job.attempt++;
    job.leasedUntil = leasedUntil;
    this.#leased.add(job);
    this.#earliestExpiry = Math.min(this.#earliestExpiry, leasedUntil);
    const { id, tenant, priority, attempt } = job;
    return { id, payload: JSON.parse(job.text) as unknown, tenant, priority, attempt };
  }

  /** Holds also after the lease ran out, as long as nobody else has claimed the job. */
  ack(id: string, attempt: number): boolean {
    const job = this.#jobs.get(id);
    if (job === undefined || job.attempt !== attempt) return false;
    this.#jobs.delete(id);
    if (!this.#leased.delete(job)) this.#stopWaiting(job);
    return true;
  }

  /** Lets jobs whose lease ran out wait again, at their old place. */
  reclaim(now: number): void {
    if (now < this.#earliestExpiry) return;
    this.#earliestExpiry = Infinity;
    for (const job of this.#leased) {
      if (job.leasedUntil > now) {
        this.#earliestExpiry = Math.min(this.#earliestExpiry, job.leasedUntil);
        continue;
      }
      this.#leased.delete(job);
      if (job.attempt >= this.#maxAttempts) this.#jobs.delete(job.id);
      else this.#wait(job);
    }
  }

  #wait(job: Job): void {
    let level = this.#levels.get(-job.priority);
    if (level === undefined) {
      level = { lines: new Map(), turns: new OrderedList(), nextTurn: 0 };
      this.#levels.set(-job.priority, level);
    }
    let line = level.lines.get(job.tenant);
    if (line === undefined) {
      line = { jobs: new OrderedList(), turn: level.nextTurn++ };
      level.lines.set(job.tenant, line);
      level.turns.set(line.turn, line);
    }
    line.jobs.set(job.ordinal, job);
  }

  #stopWaiting(job: Job): void {
    const level = this.#levels.get(-job.priority);
    const line = level?.lines.get(job.tenant);
    if (level === undefined || line === undefined) return;
    line.jobs.delete(job.ordinal);
    if (line.jobs.size > 0) return;
    level.lines.delete(job.tenant);
    level.turns.delete(line.turn);
    if (level.lines.size === 0) this.#levels.delete(-job.priority);
  }
}
