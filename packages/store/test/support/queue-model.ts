import fc from "fast-check";
import { expect } from "vitest";
import type { Queue, QueueJob } from "../../src/index.js";

const tenant = fc.constantFrom("a", "b", "c");

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("enqueue" as const), tenant, priority: fc.nat(2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("claim" as const), leaseMs: fc.constantFrom(5, 500) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("ack" as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(9) }) },
);

/** Does whatever can be done to a queue, and looks that no job is lost or held by two; `make` gives an empty one. */
export async function expectQueueOfModel(
  make: (now: () => number) => Promise<{ queue: Queue; cleanup: () => Promise<void> }>,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100 }), async (steps) => {
      let now = 0;
      let count = 0;
      const { queue, cleanup } = await make(() => now);
      const waiting = new Map<string, { tenant: string; priority: number }>();
      const held = new Map<string, { job: QueueJob; until: number }>();
      const endLeases = (): void => {
        for (const [id, { job, until }] of held) {
          if (until <= now && held.delete(id)) waiting.set(id, job);
        }
      };
      /** Whose turn it is, the contract says; here: the oldest of any tenant, of the highest priority. */
      const claimable = (): (string | undefined)[] => {
        const top = Math.max(...[...waiting.values()].map(({ priority }) => priority));
        const ids = [...waiting.keys()].toSorted();
        const oldest = ["a", "b", "c"].flatMap((who) => {
          const isFirst = (id: string): boolean =>
            waiting.get(id)?.tenant === who && waiting.get(id)?.priority === top;
          return ids.find(isFirst) ?? [];
        });
        return oldest.length > 0 ? oldest : [undefined];
      };

      for (const action of steps) {
        let allowed: unknown[] = [undefined];
        let given: unknown;
        if (action.do === "pass") now += action.ms;
        else if (action.do === "enqueue") {
          const id = String(count++).padStart(3, "0");
          await queue.enqueue("q", id, id, action);
          waiting.set(id, action);
        } else if (action.do === "claim") {
          allowed = claimable();
          const job = await queue.claim("q", action.leaseMs);
          given = job?.id;
          if (job !== undefined) held.set(job.id, { job, until: now + action.leaseMs });
          if (job !== undefined) waiting.delete(job.id);
        } else {
          const holder = [...held.values()][action.nth % Math.max(held.size, 1)];
          allowed = [holder && true];
          given = holder && (await queue.ack("q", holder.job));
          if (holder !== undefined) held.delete(holder.job.id);
        }
        endLeases();
        expect(allowed, JSON.stringify(action)).toContain(given);
        expect(await queue.size("q")).toBe(waiting.size);
      }
      await cleanup();
    }),
    { numRuns },
  );
}
