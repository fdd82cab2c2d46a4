import fc from "fast-check";
import { expect } from "vitest";
import type { ListOptions, Records } from "../../src/index.js";

/** Keys the model uses, so that a driver with this bound never meets it. */
export const MAX_RECORDS = 12;

interface ModelRecord {
  key: string;
  color: string | undefined;
  owner: string | null;
  expiresAt: number;
  version: number;
  created: number;
  written: number;
}

/** A collection, said in the simplest way: a list that is searched from end to end. */
class Model {
  all: ModelRecord[] = [];
  now = 0;
  count = 0;

  living(): ModelRecord[] {
    return this.all.filter((record) => record.expiresAt > this.now);
  }

  get(key: string): ModelRecord | undefined {
    return this.living().find((record) => record.key === key);
  }

  put(key: string, color: string | undefined, owner: string | null, ttlMs: number): number {
    const before = this.get(key);
    this.all = this.living().filter((record) => record.key !== key);
    const version = (before?.version ?? 0) + 1;
    const written = ++this.count;
    const created = before?.created ?? written;
    const expiresAt = this.now + ttlMs;
    this.all.push({ key, color, owner, expiresAt, version, created, written });
    return version;
  }

  list({ owner, index, order, after, limit = 100 }: ListOptions): string[] {
    const sorted = this.living().toSorted((one, other) => one.created - other.created);
    if (order !== "asc") sorted.reverse();
    const start = sorted.findIndex((record) => record.key === after) + 1;
    if (after !== undefined && start === 0) return [];
    return sorted
      .slice(start)
      .filter((record) => owner === undefined || record.owner === owner)
      .filter((record) => index === undefined || record.color === index.value)
      .slice(0, limit)
      .map((record) => record.key);
  }
}

const key = fc.integer({ min: 0, max: MAX_RECORDS - 1 }).map(String);
const color = fc.option(fc.constantFrom("red", "blue"), { nil: undefined });
const owner = fc.option(fc.constantFrom("ann", "bob"));

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      key,
      color,
      owner,
      ttlMs: fc.constantFrom(5, 50, Infinity),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("delete" as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(20) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("list" as const),
      owner: fc.option(owner, { nil: undefined }),
      value: color,
      order: fc.constantFrom("asc" as const, "desc" as const, undefined),
      after: fc.option(key, { nil: undefined }),
      limit: fc.integer({ min: 1, max: 8 }),
    }),
  },
);

/** Does whatever can be done to a collection, and holds each answer against the model's; `make` gives an empty one. */
export async function expectRecordsOfModel(
  make: (now: () => number) => Promise<{ records: Records; cleanup: () => Promise<void> }>,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const model = new Model();
      const { records, cleanup } = await make(() => model.now);
      const things = records.collection<{ color?: string | undefined }>("things", {
        indexes: { color: (thing) => thing.color },
      });
      for (const action of steps) {
        let [given, expected]: unknown[] = [];
        if (action.do === "pass") model.now += action.ms;
        else if (action.do === "put") {
          const { owner: whose, ttlMs } = action;
          const value = { color: action.color };
          given = (await things.put(action.key, value, { owner: whose, ttlMs })).version;
          expected = model.put(action.key, action.color, whose, ttlMs);
        } else if (action.do === "delete") {
          expected = model.get(action.key) !== undefined;
          given = await things.delete(action.key);
          model.all = model.all.filter((record) => record.key !== action.key);
        } else {
          const { value, order, after, limit } = action;
          const index = value === undefined ? undefined : { key: "color", value };
          const options = { owner: action.owner, index, order, after, limit };
          given = (await things.list(options)).map((record) => record.key);
          expected = model.list(options);
        }
        expect(given, JSON.stringify(action)).toEqual(expected);
      }
      await cleanup();
    }),
    { numRuns },
  );
}
