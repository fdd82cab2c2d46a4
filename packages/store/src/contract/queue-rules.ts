import { isStoreClosedError } from "../errors.js";
import type { EnqueueOptions, Queue, QueueJob } from "../ports/queue.js";
import { check, equal, isRangeError, rejects } from "./assert.js";
import { range } from "./events.js";
import { restartRule, rule, type StoreRule } from "./rule.js";
import { until } from "./wait.js";

/** A lease that outlasts any rule, in milliseconds. */
const LONG = 600_000;

/** A lease that is over soon, in milliseconds. */
const SHORT = 20;

async function enqueue(queue: Queue, ids: string, options?: EnqueueOptions): Promise<void> {
  for (const id of ids.split(" ")) await queue.enqueue("q", id, null, options);
}

async function claimJob(queue: Queue, leaseMs = LONG): Promise<QueueJob> {
  const job = await queue.claim("q", leaseMs);
  check(job !== undefined, "a job waits but none was claimed");
  return job;
}

/** Claims everything that waits; the ids in the order of the claims. */
async function claimAll(queue: Queue): Promise<string> {
  const ids: string[] = [];
  for (;;) {
    const job = await queue.claim("q", LONG);
    if (job === undefined) return ids.join(" ");
    ids.push(job.id);
  }
}

/** What waits for a worker, in which order, and how a lease is kept or lost. */
export const queueRules: readonly StoreRule[] = [
  rule("queue-job", "a claimed job is what was queued", async ({ store: { queue } }) => {
    equal(await queue.claim("q", LONG), undefined, "a claim from an empty queue");
    const payload = { deep: [1, "ä😀"] };
    await queue.enqueue("q", "a", payload, { tenant: "ann", priority: 3 });
    payload.deep.push(2);
    const job = { id: "a", payload: { deep: [1, "ä😀"] }, tenant: "ann", priority: 3, attempt: 1 };
    equal(await queue.claim("q", LONG), job, "the job");
    await queue.enqueue("q", "b", "text");
    const plain = { id: "b", payload: "text", tenant: "", priority: 0, attempt: 1 };
    equal(await queue.claim("q", LONG), plain, "a job without options");
    equal(await queue.claim("q", LONG), undefined, "a claim when all are leased");
  }),

  rule("queue-order", "first come is first served", async ({ store: { queue } }) => {
    await enqueue(queue, "c a b");
    equal(await claimAll(queue), "c a b", "the order");
  }),

  rule("queue-priority", "the highest priority goes first", async ({ store: { queue } }) => {
    await enqueue(queue, "low1", { priority: -1 });
    await enqueue(queue, "mid1 mid2");
    await enqueue(queue, "high1", { priority: 10 });
    await enqueue(queue, "low2", { priority: -1 });
    await enqueue(queue, "high2", { priority: 10, tenant: "z" });
    equal(await claimAll(queue), "high1 high2 mid1 mid2 low1 low2", "the order");
    await rejects(
      () => queue.enqueue("q", "x", null, { priority: NaN }),
      isRangeError,
      "no number",
    );
  }),

  rule(
    "queue-turns",
    "tenants take turns, however many jobs one has",
    async ({ store: { queue } }) => {
      await enqueue(queue, "a1 a2 a3 a4 a5", { tenant: "a" });
      await enqueue(queue, "b1 b2", { tenant: "b" });
      await enqueue(queue, "c1", { tenant: "c" });
      equal(await claimAll(queue), "a1 b1 c1 a2 b2 a3 a4 a5", "the order");
    },
  ),

  rule(
    "queue-turns-late",
    "a tenant that comes late waits one turn, not for the others' ends",
    async ({ store: { queue } }) => {
      await enqueue(queue, "a1 a2 a3 a4", { tenant: "a" });
      await claimJob(queue);
      await enqueue(queue, "b1 b2", { tenant: "b" });
      const next = [await claimJob(queue), await claimJob(queue)].map((job) => job.id);
      equal(next.toSorted(), ["a2", "b1"], "the next two");
      equal((await claimAll(queue)).split(" ").toSorted(), ["a3", "a4", "b2"], "the rest");
    },
  ),

  rule(
    "queue-duplicate",
    "an id that waits or is leased is not queued again",
    async ({ store: { queue } }) => {
      await queue.enqueue("q", "a", 1);
      await queue.enqueue("q", "a", 2, { priority: 5 });
      await enqueue(queue, "b");
      equal(await queue.size("q"), 2, "jobs that wait");
      const job = await claimJob(queue);
      equal([job.id, job.payload, job.priority], ["a", 1, 0], "the job as it was queued first");
      await queue.enqueue("q", "a", 3);
      equal(await queue.size("q"), 1, "jobs that wait when it is leased");
      equal(await queue.ack("q", job), true, "the ack");
      await queue.enqueue("q", "a", 4);
      equal(await claimAll(queue), "b a", "queued again after the ack");
    },
  ),

  rule(
    "queue-ack",
    "an acked job is gone; a second ack finds nothing",
    async ({ store: { queue } }) => {
      await enqueue(queue, "a b");
      const job = await claimJob(queue);
      equal(await queue.ack("q", job), true, "the ack");
      equal(await queue.ack("q", job), false, "the second ack");
      equal(await queue.ack("other", job), false, "an ack in another queue");
      equal(await claimAll(queue), "b", "what is left");
    },
  ),

  rule(
    "queue-lease",
    "a job whose lease is over is claimed again, and the first claim is lost",
    async ({ store: { queue } }) => {
      await enqueue(queue, "a");
      const first = await claimJob(queue, SHORT);
      equal([first.id, first.attempt], ["a", 1], "the first claim");
      const second = await until(async () => queue.claim("q", LONG), "the job claimed again");
      equal([second.id, second.attempt], ["a", 2], "the second claim");
      equal(await queue.ack("q", first), false, "the ack of the first claim");
      equal(await queue.claim("q", LONG), undefined, "a claim while the second holds");
      equal(await queue.ack("q", second), true, "the ack of the second claim");
    },
  ),

  rule(
    "queue-lease-place",
    "a job that waits again keeps its place",
    async ({ store: { queue } }) => {
      await enqueue(queue, "a1 a2 a3", { tenant: "a" });
      const lost = await claimJob(queue, SHORT);
      await until(
        async () => ((await queue.size("q")) === 3 ? true : undefined),
        "the end of the lease",
      );
      equal(lost.id, "a1", "the job whose lease is over");
      equal(await claimAll(queue), "a1 a2 a3", "the order");
    },
  ),

  rule(
    "queue-late-ack",
    "an ack after the lease counts as long as nobody claimed the job",
    async ({ store: { queue } }) => {
      await enqueue(queue, "a");
      const job = await claimJob(queue, SHORT);
      await until(
        async () => ((await queue.size("q")) === 1 ? true : undefined),
        "the end of the lease",
      );
      equal(await queue.ack("q", job), true, "the late ack");
      equal(await queue.size("q"), 0, "jobs that wait");
      equal(await queue.claim("q", LONG), undefined, "a claim after it");
    },
  ),

  rule("queue-lease-check", "a lease that is no time is refused", async ({ store: { queue } }) => {
    await enqueue(queue, "a");
    for (const leaseMs of [0, -1, NaN]) {
      await rejects(() => queue.claim("q", leaseMs), isRangeError, `a lease of ${leaseMs}`);
    }
    equal(await queue.size("q"), 1, "jobs that wait");
  }),

  rule("queue-size", "size counts the jobs that wait", async ({ store: { queue } }) => {
    equal(await queue.size("q"), 0, "an empty queue");
    await enqueue(queue, "a b c");
    equal(await queue.size("q"), 3, "three jobs");
    const job = await claimJob(queue);
    equal(await queue.size("q"), 2, "one leased");
    await queue.ack("q", job);
    equal(await queue.size("q"), 2, "one acked");
  }),

  rule("queue-apart", "queues are apart, their ids too", async ({ store: { queue } }) => {
    await queue.enqueue("q", "a", 1);
    await queue.enqueue("other", "a", 2);
    equal((await queue.claim("other", LONG))?.payload, 2, "of the other queue");
    equal(await queue.size("other"), 0, "jobs left in the other queue");
    equal((await claimJob(queue)).payload, 1, "of the first queue");
  }),

  rule("queue-race", "claims at once never give a job twice", async ({ store: { queue } }) => {
    for (const n of range(0, 30)) {
      await queue.enqueue("q", `job-${n}`, n, { tenant: `t${n % 4}` });
    }
    const jobs = await Promise.all(range(0, 40).map(async () => queue.claim("q", LONG)));
    const ids = jobs.flatMap((job) => job?.id ?? []);
    equal([ids.length, new Set(ids).size], [30, 30], "jobs claimed, and different ones");
  }),

  rule("queue-store-closed", "a closed store takes no job", async ({ store }) => {
    await store.close();
    await rejects(() => store.queue.enqueue("q", "a", null), isStoreClosedError, "an enqueue");
  }),

  restartRule(
    "queue-restart",
    "jobs and leases outlive a restart",
    async ({ store: { queue } }) => {
      await enqueue(queue, "a b c");
      return claimJob(queue);
    },
    async ({ store: { queue } }, claimed) => {
      equal(await queue.size("q"), 2, "jobs that wait");
      equal(await queue.ack("q", claimed), true, "the ack of a claim from before");
      equal(await claimAll(queue), "b c", "the order");
    },
  ),
];
