import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import {
  isStoreClosedError,
  isStoreUnavailableError,
  type StoredSpan,
  type TraceStore,
} from "@wheelhouse/store";
import { createSqliteStore, createSqliteTraceStore } from "@wheelhouse/store/sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tempFolder } from "./support/temp-folder.js";
import { until } from "./support/until.js";

const hex = (n: number): string => n.toString(16).padStart(32, "0");

const span = (traceId: string, data: object, isRoot = true, endedAt = Date.now()): StoredSpan => ({
  traceId,
  isRoot,
  endedAt,
  data: JSON.stringify(data),
});

describe("the SQLite trace store", () => {
  test("gives a trace's spans back in the order they came, over several batches", async () => {
    using folder = tempFolder();
    await using store = open(join(folder.path, "traces.db"));
    const id = "0af7651916cd43dd8448eb211c80319c";
    await store.append([
      span(id, { name: "child\nä\u2028" }, false),
      span(hex(1), { name: "other" }),
    ]);
    await store.append([span(id, { name: "root" })]);
    expect((await store.get(id)).map((data) => JSON.parse(data) as unknown)).toEqual([
      { name: "child\nä\u2028" },
      { name: "root" },
    ]);
    expect(await store.get(hex(99))).toEqual([]);
  });

  test("tells traces apart that share the beginning of their ids", async () => {
    using folder = tempFolder();
    await using store = open(join(folder.path, "traces.db"));
    const [a, b] = [`${"a".repeat(31)}1`, `${"a".repeat(31)}2`];
    await store.append([span(a, { n: 1 }), span(b, { n: 2 })]);
    expect(await store.get(a)).toEqual(['{"n":1}']);
    expect(await store.get(b)).toEqual(['{"n":2}']);
  });

  test("keeps its spans across a restart", async () => {
    using folder = tempFolder();
    const path = join(folder.path, "state", "traces.db");
    {
      await using store = open(path);
      await store.append([span(hex(7), { n: 7 })]);
    }
    await using again = open(path);
    expect(await again.get(hex(7))).toEqual(['{"n":7}']);
  });

  test.skipIf(process.platform === "win32")("keeps its file to its user", async () => {
    using folder = tempFolder();
    const path = join(folder.path, "state", "traces.db");
    await using store = open(path);
    await store.append([span(hex(7), { n: 7 })]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  });

  test("refuses the file of a store, and a store refuses its file", async () => {
    using folder = tempFolder();
    const [state, traces] = [join(folder.path, "state.db"), join(folder.path, "traces.db")];
    await createSqliteStore({ path: state }).close();
    await open(traces).close();
    for (const call of [() => open(state), () => createSqliteStore({ path: traces })]) {
      let thrown: unknown;
      try {
        call();
      } catch (error) {
        thrown = error;
      }
      expect(isStoreUnavailableError(thrown) && thrown.fault).toBe("not_a_store");
    }
  });

  test("pages over all roots once, the last written first, whatever the batches are", async () => {
    using folder = tempFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), { maxLength: 70 }),
        fc.integer({ min: 1, max: 9 }),
        async (batches, limit) => {
          await using store = open(join(folder.path, `${++run}.db`));
          let count = 0;
          const roots: string[] = [];
          for (const batch of batches) {
            await store.append(
              batch.map((isRoot) => {
                const entry = span(hex(++count), { count }, isRoot);
                if (isRoot) roots.unshift(entry.data);
                return entry;
              }),
            );
          }
          const got: string[] = [];
          let cursor: string | undefined;
          do {
            const page = await store.list({ limit, cursor });
            got.push(...page.spans);
            cursor = page.next;
          } while (cursor !== undefined);
          expect(got).toEqual(roots);
        },
      ),
      { numRuns: 15 },
    );
  });

  test("lists what matches", async () => {
    using folder = tempFolder();
    await using store = open(join(folder.path, "traces.db"));
    await store.append([1, 2, 3, 4].map((n) => span(hex(n), { n })));
    const page = await store.list({ limit: 10, contains: ["3", "n"] });
    expect(page).toEqual({ spans: ['{"n":3}'], next: undefined });
  });

  test.each([0, 1_001, 1.5, Number.NaN])("refuses the limit %s", async (limit) => {
    using folder = tempFolder();
    await using store = open(join(folder.path, "traces.db"));
    await expect(store.list({ limit })).rejects.toThrow(RangeError);
  });

  test.each(["", "x", "1", "1.x", "1.2.3", "-1.0"])("refuses the cursor %j", async (cursor) => {
    using folder = tempFolder();
    await using store = open(join(folder.path, "traces.db"));
    await expect(store.list({ limit: 1, cursor })).rejects.toThrow(RangeError);
  });

  test("lets go of what is older than its age", async () => {
    using folder = tempFolder();
    const now = Date.now();
    await using store = open(join(folder.path, "traces.db"), {
      maxAgeMs: 60_000,
      sweepMs: 5,
    });
    await store.append([span(hex(1), { n: 1 }, true, now - 61_000)]);
    await store.append([span(hex(2), { n: 2 }, true, now)]);
    await until(async () => (await store.get(hex(1))).length === 0, "the old trace is gone");
    expect(await store.get(hex(2))).toHaveLength(1);
    expect((await store.list({ limit: 10 })).spans).toEqual(['{"n":2}']);
  });

  test("stays within its size: the oldest go", async () => {
    using folder = tempFolder();
    const maxBytes = 2_000_000;
    await using store = open(join(folder.path, "traces.db"), { maxBytes, sweepMs: 5 });
    // Not to be deflated to nothing.
    for (let n = 0; n < 400; n++)
      await store.append([span(hex(n), { n, text: randomBytes(10_000).toString("hex") })]);
    await until(
      async () =>
        (await store.get(hex(0))).length === 0 &&
        (await store.list({ limit: 1_000 })).spans.length < 220,
      "the file is small",
    );
    expect(await store.get(hex(399))).toHaveLength(1);
  });

  test("holds up nothing for a file that is locked, and says so in the end", async () => {
    using folder = tempFolder();
    const path = join(folder.path, "traces.db");
    await using store = open(path, { busyTimeoutMs: 100 });
    await store.append([span(hex(1), { n: 1 })]);
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const appending = store.append([span(hex(2), { n: 2 })]);
    const fault = appending.then(
      () => undefined,
      (error: unknown) => isStoreUnavailableError(error) && error.fault,
    );
    expect(await fault).toBe("locked");
    other.exec("ROLLBACK");
    other.close();
    await store.append([span(hex(3), { n: 3 })]);
    expect(await store.get(hex(2))).toEqual([]);
    expect(await store.get(hex(3))).toHaveLength(1);
  });

  test("writes what was appended before it is closed, and nothing after", async () => {
    using folder = tempFolder();
    const path = join(folder.path, "traces.db");
    const store = open(path);
    const appending = store.append([span(hex(1), { n: 1 })]);
    await Promise.all([store.close(), store.close()]);
    await appending;
    const error: unknown = await store
      .append([span(hex(2), {})])
      .catch((thrown: unknown) => thrown);
    expect(isStoreClosedError(error)).toBe(true);
    await using again = open(path);
    expect(await again.get(hex(1))).toHaveLength(1);
  });

  test.each([
    [{ path: "" }, TypeError],
    [{ path: ":memory:" }, TypeError],
    [{ path: "x", maxAgeMs: -1 }, RangeError],
    [{ path: "x", maxBytes: 0 }, RangeError],
    [{ path: "x", sweepMs: Number.NaN }, RangeError],
  ])("refuses the options %j", (options, kind) => {
    expect(() => createSqliteTraceStore(options)).toThrow(kind);
  });
});

function open(
  path: string,
  options: Omit<Parameters<typeof createSqliteTraceStore>[0], "path"> = {},
): TraceStore & AsyncDisposable {
  const store = createSqliteTraceStore({ path, ...options });
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}
