import type { QueueJob } from "../ports/queue.js";
import type { Database } from "./database.js";
import { fromTextKey } from "./text-key.js";

interface JobRow {
  readonly id: number;
  readonly job_id: string;
  readonly tenant: string;
  readonly priority: number;
  readonly payload: string;
  readonly attempt: number;
  readonly leased_until: number | null;
}

/** The jobs of all queues; a queue is named by its text key. */
export class JobTable {
  readonly #database: Database;
  readonly #maxAttempts: number;

  constructor(database: Database, maxAttempts: number) {
    this.#database = database;
    this.#maxAttempts = maxAttempts;
  }

  has(queue: string, jobId: string): boolean {
    return this.#find(queue, jobId) !== undefined;
  }

  /** Jobs waiting and leased. */
  total(queue: string): number {
    return this.#count(
      `SELECT (SELECT total(waiting) FROM job_lines WHERE queue = ?)
         + (SELECT count(*) FROM jobs WHERE queue = ? AND leased_until IS NOT NULL) AS count`,
      queue,
      queue,
    );
  }

  /** Jobs that wait, those counted whose lease has run out. */
  waiting(queue: string, now: number): number {
    return this.#count(
      `SELECT (SELECT total(waiting) FROM job_lines WHERE queue = ?)
         + (SELECT count(*) FROM jobs
            WHERE queue = ? AND leased_until <= ? AND attempt < ?) AS count`,
      queue,
      queue,
      now,
      this.#maxAttempts,
    );
  }

  add(queue: string, jobId: string, payload: string, tenant: string, priority: number): void {
    this.#database.run(
      `INSERT INTO jobs (queue, job_id, tenant, priority, payload, attempt) VALUES (?, ?, ?, ?, ?, 0)`,
      queue,
      jobId,
      tenant,
      priority,
      payload,
    );
    this.#wait(queue, priority, tenant);
  }

  /** The next job of the tenant whose turn it is, of the highest priority. */
  claim(queue: string, leasedUntil: number): QueueJob | undefined {
    const line = this.#database.get<{ priority: number; tenant: string }>(
      `SELECT priority, tenant FROM job_lines WHERE queue = ?
       ORDER BY priority DESC, turn LIMIT 1`,
      queue,
    );
    if (line === undefined) return undefined;
    const { priority, tenant } = line;
    const job = this.#database.get<JobRow>(
      `UPDATE jobs SET attempt = attempt + 1, leased_until = ?
       WHERE id = (SELECT id FROM jobs
         WHERE queue = ? AND priority = ? AND tenant = ? AND leased_until IS NULL
         ORDER BY id LIMIT 1)
       RETURNING *`,
      leasedUntil,
      queue,
      priority,
      tenant,
    );
    // The tenant's next turn comes after everybody else's.
    this.#database.run(
      "UPDATE job_lines SET turn = ? WHERE queue = ? AND priority = ? AND tenant = ?",
      this.#nextTurn(queue, priority),
      queue,
      priority,
      tenant,
    );
    this.#stopWaiting(queue, priority, tenant);
    return (
      job && {
        id: fromTextKey(job.job_id),
        payload: JSON.parse(job.payload) as unknown,
        tenant: fromTextKey(tenant),
        priority,
        attempt: job.attempt,
      }
    );
  }

  /** Holds also after the lease ran out, as long as nobody else has claimed the job. */
  ack(queue: string, jobId: string, attempt: number): boolean {
    const job = this.#find(queue, jobId);
    if (job === undefined || job.attempt !== attempt) return false;
    this.#database.run("DELETE FROM jobs WHERE id = ?", job.id);
    if (job.leased_until === null) this.#stopWaiting(queue, job.priority, job.tenant);
    return true;
  }

  /** Lets jobs whose lease ran out wait again, at their old place. */
  reclaim(queue: string, now: number): void {
    const over = this.#database.all<JobRow>(
      "SELECT * FROM jobs WHERE queue = ? AND leased_until <= ? ORDER BY leased_until, id",
      queue,
      now,
    );
    for (const { id, attempt, priority, tenant } of over) {
      if (attempt >= this.#maxAttempts) {
        this.#database.run("DELETE FROM jobs WHERE id = ?", id);
        continue;
      }
      this.#database.run("UPDATE jobs SET leased_until = NULL WHERE id = ?", id);
      this.#wait(queue, priority, tenant);
    }
  }

  #wait(queue: string, priority: number, tenant: string): void {
    this.#database.run(
      `INSERT INTO job_lines VALUES (?, ?, ?, ?, 1)
       ON CONFLICT DO UPDATE SET waiting = waiting + 1`,
      queue,
      priority,
      tenant,
      this.#nextTurn(queue, priority),
    );
  }

  /** After everybody's who waits. */
  #nextTurn(queue: string, priority: number): number {
    return this.#count(
      "SELECT ifnull(max(turn), -1) + 1 AS count FROM job_lines WHERE queue = ? AND priority = ?",
      queue,
      priority,
    );
  }

  #stopWaiting(queue: string, priority: number, tenant: string): void {
    const line = [queue, priority, tenant] as const;
    this.#database.run(
      "UPDATE job_lines SET waiting = waiting - 1 WHERE queue = ? AND priority = ? AND tenant = ?",
      ...line,
    );
    this.#database.run(
      "DELETE FROM job_lines WHERE queue = ? AND priority = ? AND tenant = ? AND waiting <= 0",
      ...line,
    );
  }

  #find(queue: string, jobId: string): JobRow | undefined {
    return this.#database.get<JobRow>(
      "SELECT * FROM jobs WHERE queue = ? AND job_id = ?",
      queue,
      jobId,
    );
  }

  /** The number that the statement gives as `count`. */
  #count(sql: string, ...params: (string | number)[]): number {
    return this.#database.get<{ count: number }>(sql, ...params)?.count ?? 0;
  }
}
