import { createMemoryStore, type Store, StoreUnavailableError } from "@wheelhouse/store";
import { until } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import { gate } from "./support/gate.js";
import { deltaText, events, IN, type Json, post, postJson, STREAM } from "./support/http.js";
import { looseInvoke, looseStream } from "./support/loose-agent.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

const SECRET = "/secret/path/state.db";

/** A store whose disk can be full: writes of logs and records fail then, as those of the SQLite driver. */
function fillable(): { store: Store; disk: { full: boolean } } {
  const inner = createMemoryStore();
  const disk = { full: false };
  const check = (): void => {
    if (disk.full) throw new StoreUnavailableError("full", `There is no room for ${SECRET}.`);
  };
  const writing =
    <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
    async (...args: Args): Promise<Awaited<Result>> => {
      check();
      return await call(...args);
    };
  const { log, records } = inner;
  /** What nobody can attach to again never reaches the disk. */
  const unread = new Set<string>();
  const store: Store = {
    ...inner,
    log: {
      async open(id, owner, options) {
        if (options?.retain === "unread") unread.add(id);
        else check();
        return log.open(id, owner, options);
      },
      async append(writer, batch) {
        if (!unread.has(writer.logId)) check();
        return log.append(writer, batch);
      },
      async close(writer) {
        if (!unread.has(writer.logId)) check();
        return log.close(writer);
      },
      read: (...args) => log.read(...args),
      tail: (...args) => log.tail(...args),
      info: (id) => log.info(id),
      requestCancel: (id) => log.requestCancel(id),
      onCancel: (...args) => log.onCancel(...args),
      compact: (...args) => log.compact(...args),
      remove: (id) => log.remove(id),
    },
    records: {
      collection(name, options) {
        const collection = records.collection(name, options);
        return {
          put: writing((...args: Parameters<typeof collection.put>) => collection.put(...args)),
          get: (key: string) => collection.get(key),
          delete: (key: string) => collection.delete(key),
          list: (asked: Parameters<typeof collection.list>[0]) => collection.list(asked),
        };
      },
    },
  };
  return { store, disk };
}

const getJson = async (url: string): Promise<{ status: number; body: Json }> => {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Json };
};

describe("a disk that is full", () => {
  for (const body of [STREAM, { ...IN, background: true }])
    test(`R72 refuses ${JSON.stringify(Object.keys(body).slice(1))} with the reason, before the author is called`, async () => {
      const { store, disk } = fillable();
      let calls = 0;
      const agent = looseStream(async function* () {
        calls++;
        yield "x";
      });
      await using served = await serve({ agents: agent, store });
      disk.full = true;
      const refused = await postJson(`${served.url}/responses`, body);
      expect(refused.status).toBe(503);
      expect(refused.body["error"]).toMatchObject({ code: "unavailable" });
      expect(refused.body["message"]).toMatch(/disk is full.*store: false/);
      expect(JSON.stringify(refused.body)).not.toContain("secret");
      expect(calls).toBe(0);
      const unstored = await events(
        await post(`${served.url}/responses`, { ...STREAM, store: false }),
      );
      expect(unstored.at(-1)!["type"]).toBe("response.completed");
      disk.full = false;
      expect((await postJson(`${served.url}/responses`, IN)).status).toBe(200);
    });

  test("R72 a stream that runs goes on to its end; nothing stays in progress", async () => {
    const { store, disk } = fillable();
    const opened = gate();
    const agent = looseStream(async function* () {
      yield "one ";
      await opened.opened;
      for (let at = 0; at < 500; at++) yield `${at} `;
    });
    await using served = await serve({ agents: agent, store, leaseMs: 200 });
    const response = await post(`${served.url}/responses`, STREAM);
    const reading = events(response);
    await until(async () => (await store.log.info(await onlyId(store)))!.nextSeq > 3);
    disk.full = true;
    opened.open();
    const all = await reading;
    expect(all.at(-1)!["type"]).toBe("response.completed");
    expect(all.map((event) => event["sequence_number"] as number)).toEqual(all.map((_, at) => at));
    expect(deltaText(all)).toBe(`one ${Array.from({ length: 500 }, (_, at) => `${at} `).join("")}`);
    const { id } = all[0]!["response"] as { id: string };
    disk.full = false;
    await until(async () => {
      const { body } = await getJson(`${served.url}/responses/${id}`);
      return body["status"] === "failed";
    });
    expect((await getJson(`${served.url}/responses/${id}`)).body["error"].code).toBe(
      "task_timeout",
    );
  });

  test("R72 a background run that nobody reads ends, and its author is told", async () => {
    const { store, disk } = fillable();
    const reasons: unknown[] = [];
    const agent = looseStream(async function* (_request, { signal }) {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      for (;;) {
        yield "x";
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    });
    await using served = await serve({ agents: agent, store, leaseMs: 200 });
    const { body } = await postJson(`${served.url}/responses`, { ...IN, background: true });
    await until(async () => (await store.log.info(body["id"] as string))!.nextSeq > 3);
    disk.full = true;
    await until(() => reasons.length === 1);
    disk.full = false;
    await until(async () => {
      const now = await getJson(`${served.url}/responses/${body["id"]}`);
      return now.body["status"] === "failed";
    });
    expect(reasons).toHaveLength(1);
  });

  test("R72 an answer that could not be stored says so", async () => {
    const { store, disk } = fillable();
    const agent = looseInvoke(() => {
      disk.full = true;
      return "worth more";
    });
    await using served = await serve({ agents: agent, store });
    const { status, body } = await postJson(`${served.url}/responses`, IN);
    expect([status, body["store"], body["status"]]).toEqual([200, false, "completed"]);
  });
});

/** The id of the one log that is running. */
async function onlyId(store: Store): Promise<string> {
  const records = store.records.collection<{ state: string }>("responses", {
    indexes: { state: ({ state }) => state },
  });
  const [record] = await records.list({ limit: 1 });
  return record?.key ?? "none";
}
