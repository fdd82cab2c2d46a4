import { test } from "vitest";
import { createMemoryStore } from "../src/index.js";
import { expectQueueOfModel } from "./support/queue-model.js";

test("no job is lost or held by two, and each tenant's are served in order", async () => {
  await expectQueueOfModel(async (now) => {
    const { queue, close } = createMemoryStore({ now });
    return { queue, cleanup: close };
  }, 300);
});
