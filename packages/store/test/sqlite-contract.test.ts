import { describe, expect, test } from "vitest";
import { storeContract } from "../src/contract.js";
import { sqliteFixture } from "./support/sqlite-fixture.js";

describe.concurrent("the SQLite driver", () => {
  test.for(storeContract)("$id: $title", async ({ run }) => {
    await expect(run(() => sqliteFixture())).resolves.toBeUndefined();
  });
});

describe.concurrent("the SQLite driver that commits every turn of the event loop", () => {
  test.for(storeContract)("$id: $title", async ({ run }) => {
    const options = { groupCommitMs: 0, synchronous: "normal" } as const;
    await expect(run(() => sqliteFixture(options))).resolves.toBeUndefined();
  });
});
