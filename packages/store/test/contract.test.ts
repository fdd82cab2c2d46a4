import { describe, expect, test } from "vitest";
import { storeContract, type StoreFixture } from "../src/contract.js";
import { createMemoryStore } from "../src/index.js";
import { restartableFixture } from "./restartable-store.js";

async function memoryFixture(): Promise<StoreFixture> {
  const store = createMemoryStore();
  return { store, cleanup: () => store.close() };
}

describe.concurrent("the memory driver", () => {
  test.for(storeContract)("$id: $title", async ({ run }) => {
    await expect(run(memoryFixture)).resolves.toBeUndefined();
  });
});

describe.concurrent("a driver that answers with promises and outlives a restart", () => {
  test.for(storeContract)("$id: $title", async ({ run }) => {
    await expect(run(async () => restartableFixture())).resolves.toBeUndefined();
  });
});

test("the rules have an id each", () => {
  expect(new Set(storeContract.map((rule) => rule.id)).size).toBe(storeContract.length);
});

test("a rule lets go of its store, also when it does not hold", async () => {
  let cleaned = 0;
  const rule = storeContract.find(({ id }) => id === "queue-size");
  const store = createMemoryStore();
  const broken = { ...store, queue: { ...store.queue, size: () => 7 } };
  const run = rule?.run(async () => ({ store: broken, cleanup: async () => void cleaned++ }));
  await expect(run).rejects.toThrow("an empty queue: expected 0, got 7");
  expect(cleaned).toBe(1);
});
