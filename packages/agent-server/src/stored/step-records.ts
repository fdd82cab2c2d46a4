import type { Store } from "@wheelhouse/store";
import type { StepMemory } from "../run/steps.js";

/** The results of stored runs' steps. */
export interface StepRecords {
  /** The steps of a run, and of those that go on with it. */
  of(responseId: string, owner: string | null): StepMemory;
  /** Lets go of all of a run's steps. */
  forget(responseId: string): Promise<void>;
}

/** How many records are looked at at once. */
const PAGE = 500;

/** Opens the collection. `ttlMs` is how long a result is kept. */
export function createStepRecords(store: Store, ttlMs: number): StepRecords {
  const records = store.records.collection<{ readonly run: string; readonly text: string }>(
    "steps",
    { indexes: { run: ({ run }) => run } },
  );
  return {
    of: (run, owner) => ({
      async get(name) {
        const record = await records.get(`${run}/${name}`);
        return record?.owner === owner ? record.value.text : undefined;
      },
      put: (name, text) => records.put(`${run}/${name}`, { run, text }, { owner, ttlMs }),
    }),
    async forget(run) {
      for (;;) {
        const page = await records.list({ index: { key: "run", value: run }, limit: PAGE });
        for (const { key } of page) await records.delete(key);
        if (page.length < PAGE) return;
      }
    },
  };
}
