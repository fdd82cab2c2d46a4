import { test } from "vitest";
import { createMemoryStore } from "../src/index.js";
import { expectLogOfModel, MAX_EVENTS } from "./support/log-model.js";

test("a log is what a plain array says it is, whatever is done to it", async () => {
  await expectLogOfModel(async () => {
    const { log } = createMemoryStore({ maxEventsPerLog: MAX_EVENTS });
    return { log, cleanup: () => {} };
  }, 300);
});
