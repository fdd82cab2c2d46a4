import { join } from "node:path";
import { createHttpServer } from "@wheelhouse/http";
import type { User } from "@wheelhouse/core";
import { type SpanPage, StoreUnavailableError, type TraceStore } from "@wheelhouse/store";
import { createSqliteTraceStore } from "@wheelhouse/store/sqlite";
import { tempDir } from "@wheelhouse/test-support";
import { createTracing, type Tracing, type TracingOptions } from "@wheelhouse/tracing";
import { describe, expect, test } from "vitest";
import { memoryLogger } from "./support/memory-logger.js";

interface Served extends AsyncDisposable {
  readonly tracing: Tracing;
  readonly url: string;
  get(path: string): Promise<{ status: number; body: any }>;
}

/** A server with the tracing's routes and a store in a folder of its own. */
async function serve(
  options: TracingOptions = {},
  authenticate?: (token: string) => User | null,
): Promise<Served> {
  const folder = await tempDir();
  const store = createSqliteTraceStore({ path: join(folder.path, "traces.db") });
  const tracing = createTracing({ env: {}, store, ...options });
  const server = createHttpServer({
    routes: tracing.routes,
    ...(authenticate && {
      authenticate: ({ headers }) => authenticate(headers["authorization"] ?? ""),
    }),
  });
  const { url } = await server.listen({ port: 0 });
  return {
    tracing,
    url,
    async get(path) {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: await response.json() };
    },
    async [Symbol.asyncDispose]() {
      await server.close({ graceMs: 0 });
      await tracing.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A run with a tool call; gives its trace id. */
function run(tracing: Tracing, name = "answer", session = "c1"): string {
  const span = tracing.tracer.startSpan({ name });
  span.setInputs({ input: "hi", context: { conversation_id: session, user_id: "ann" } });
  const tool = span.child!({ name: "search", type: "TOOL" });
  tool.setOutputs([1, 2]);
  tool.end();
  span.observe!({ type: "response.output_text.delta" });
  span.setOutputs({ output: [], usage: { input_tokens: 1, output_tokens: 2 } });
  span.setStatus(name === "fails" ? "error" : "ok", name === "fails" ? "boom" : undefined);
  span.end();
  return span.traceId;
}

describe("GET /traces/{id}", () => {
  test("gives a trace with its spans, as soon as the run has ended", async () => {
    await using served = await serve();
    const id = run(served.tracing);
    const { status, body } = await served.get(`/traces/tr-${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      trace_id: `tr-${id}`,
      name: "answer",
      status: "OK",
      session_id: "c1",
      user_id: "ann",
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    });
    expect(body.time_to_first_token_ms).toBeGreaterThanOrEqual(0);
    expect(body.spans).toHaveLength(2);
    const [root, tool] = body.spans;
    expect(root).toMatchObject({
      trace_id: `tr-${id}`,
      parent_id: null,
      type: "AGENT",
      status: "OK",
      status_message: null,
      inputs: { input: "hi" },
      outputs: { output: [] },
      events: [],
    });
    expect(tool).toMatchObject({ parent_id: root.span_id, name: "search", outputs: [1, 2] });
    expect(tool).not.toHaveProperty("inputs");
    expect(root.end_time - root.start_time).toBeCloseTo(root.duration_ms, 2);
    expect((await served.get(`/traces/${id}`)).body).toEqual(body);
  });

  test("says what failed", async () => {
    await using served = await serve();
    const { body } = await served.get(`/traces/${run(served.tracing, "fails")}`);
    expect(body).toMatchObject({ status: "ERROR", spans: [{ status_message: "boom" }, {}] });
  });

  test.each(["tr-0123", `tr-${"0".repeat(32)}`, "x'; DROP TABLE batches", "%00"])(
    "answers 404 for %j",
    async (id) => {
      await using served = await serve();
      const { status, body } = await served.get(`/traces/${encodeURIComponent(id)}`);
      expect(status).toBe(404);
      expect(body.error.code).toBe("not_found");
    },
  );
});

describe("GET /traces", () => {
  test("lists traces, the last first, page by page", async () => {
    await using served = await serve();
    const ids = Array.from({ length: 7 }, () => `tr-${run(served.tracing)}`);
    const seen: string[] = [];
    let path = "/traces?limit=3";
    for (;;) {
      const { body } = await served.get(path);
      seen.push(...body.data.map((trace: { trace_id: string }) => trace.trace_id));
      expect(body.has_more).toBe(body.next_cursor !== null);
      if (!body.has_more) break;
      path = `/traces?limit=3&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(ids.toReversed());
  });

  test.each([
    ["session_id=c2", 1],
    ["user_id=ann", 4],
    ["status=error", 1],
    ["name=answer", 3],
    ["name=answer&session_id=c1", 2],
    ["session_id=nobody", 0],
  ])("filters by %s", async (query, count) => {
    await using served = await serve();
    run(served.tracing);
    run(served.tracing);
    run(served.tracing, "fails");
    run(served.tracing, "answer", "c2");
    const { body } = await served.get(`/traces?${query}`);
    expect(body.data).toHaveLength(count);
  });

  test.each(["limit=0", "limit=x", "limit=1001", "cursor=x", "cursor=1"])(
    "answers 400 for %s",
    async (query) => {
      await using served = await serve();
      const { status, body } = await served.get(`/traces?${query}`);
      expect(status).toBe(400);
      expect(body.error.param).toBe(query.split("=")[0]);
    },
  );

  test("is for admins where users are asked", async () => {
    const users: Record<string, User> = {
      admin: { id: "root", isAdmin: true },
      user: { id: "ann", isAdmin: false },
    };
    await using served = await serve({}, (token) => users[token] ?? null);
    const id = run(served.tracing);
    const statuses = async (path: string): Promise<number[]> =>
      Promise.all(
        ["admin", "user", "nobody"].map(async (authorization) => {
          const response = await fetch(`${served.url}${path}`, { headers: { authorization } });
          await response.text();
          return response.status;
        }),
      );
    for (const path of ["/traces", `/traces/${id}`, "/feedback/evaluation-set"])
      expect(await statuses(path)).toEqual([200, 403, 401]);
  });

  test("is not there without a store", async () => {
    const tracing = createTracing({ env: {} });
    expect(tracing.traces).toBeUndefined();
    expect(tracing.routes.map(({ path }) => path)).not.toContain("/traces");
    await tracing.close();
  });
});

describe("feedback", () => {
  const post = async (served: Served, id: string, body: unknown): Promise<Response> =>
    fetch(`${served.url}/traces/${id}/feedback`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  test("is kept with what was asked and answered, and is an evaluation set", async () => {
    await using served = await serve();
    const id = run(served.tracing);
    const answer = await post(served, `tr-${id}`, {
      thumb: "down",
      comment: "too short",
      correction: "hello",
    });
    expect(answer.status).toBe(201);
    const entry = (await answer.json()) as object;
    expect(entry).toEqual({
      id: expect.stringMatching(/^fb_/),
      trace_id: `tr-${id}`,
      thumb: "down",
      comment: "too short",
      correction: "hello",
      user_id: null,
      created_at: expect.any(Number),
    });
    await (await post(served, id, { thumb: "up" })).text();
    const { body } = await served.get(`/traces/tr-${id}/feedback`);
    expect(body.data.map(({ thumb }: { thumb: string }) => thumb)).toEqual(["up", "down"]);

    const set = await fetch(`${served.url}/feedback/evaluation-set`);
    expect(set.headers.get("content-type")).toContain("application/x-ndjson");
    const rows = (await set.text())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(rows).toEqual([
      {
        trace_id: `tr-${id}`,
        inputs: { input: "hi", context: { conversation_id: "c1", user_id: "ann" } },
        outputs: { output: [], usage: { input_tokens: 1, output_tokens: 2 } },
        expectations: { expected_response: "hello" },
        feedback: expect.objectContaining({ thumb: "down", comment: "too short" }),
      },
      expect.objectContaining({ expectations: {}, trace_id: `tr-${id}` }),
    ]);
  });

  test("pages through the evaluation set", async () => {
    await using served = await serve();
    const id = run(served.tracing);
    for (let n = 0; n < 5; n++) await (await post(served, id, { comment: `c${n}` })).text();
    const comments: string[] = [];
    let cursor = "";
    for (;;) {
      const response = await fetch(`${served.url}/feedback/evaluation-set?limit=2${cursor}`);
      const lines = (await response.text()).split("\n").filter((line) => line !== "");
      comments.push(...lines.map((line) => JSON.parse(line).feedback.comment));
      const next = response.headers.get("x-next-cursor");
      if (next === null) break;
      cursor = `&cursor=${next}`;
    }
    expect(comments).toEqual(["c0", "c1", "c2", "c3", "c4"]);
  });

  test.each([
    ["not json", "invalid_json"],
    [[1], "invalid_request"],
    [{}, "invalid_request"],
    [{ thumb: "sideways" }, "invalid_request"],
    [{ comment: 1 }, "invalid_request"],
    [{ comment: "  " }, "invalid_request"],
    [{ comment: "x".repeat(10_001) }, "invalid_request"],
    [{ correction: "x".repeat(100_001) }, "invalid_request"],
  ])("of %j is refused", async (body, code) => {
    await using served = await serve();
    const response = await post(served, run(served.tracing), body);
    expect(response.status).toBe(400);
    expect((await response.json()) as object).toMatchObject({ error: { code } });
  });

  test("to a trace that is not there is refused", async () => {
    await using served = await serve();
    for (const id of ["x", "0".repeat(32)])
      expect((await post(served, id, { thumb: "up" })).status).toBe(404);
  });

  test("to one trace is bounded", async () => {
    await using served = await serve();
    const id = run(served.tracing);
    for (let n = 0; n < 100; n++)
      await served.tracing.feedback.add(id, { thumb: "up", comment: null, correction: null }, null);
    expect((await post(served, id, { thumb: "up" })).status).toBe(409);
  });

  test("is kept without a store too, without what was asked", async () => {
    const tracing = createTracing({ env: {} });
    const input = { thumb: "up", comment: null, correction: null } as const;
    const entry = await tracing.feedback.add("a".repeat(32), input, { id: "ann", isAdmin: false });
    expect(entry).toMatchObject({ trace_id: `tr-${"a".repeat(32)}`, user_id: "ann", inputs: null });
    await tracing.close();
  });
});

describe("B65 a local store that fails", () => {
  /** A store whose `append` rejects with what is in `fault`, if anything, or hangs. */
  class FaultyStore implements TraceStore {
    fault: Error | "hang" | undefined;
    batches = 0;
    closes = 0;

    async append(): Promise<void> {
      if (this.fault === "hang") await new Promise(() => {});
      if (this.fault !== undefined) throw this.fault;
      this.batches++;
    }
    async get(): Promise<string[]> {
      return [];
    }
    async list(): Promise<SpanPage> {
      return { spans: [], next: undefined };
    }
    async close(): Promise<void> {
      this.closes++;
    }
  }

  test("loses spans, counted and reported once, and works again when it can", async () => {
    const logger = memoryLogger();
    const store = new FaultyStore();
    const tracing = createTracing({ env: {}, store, logger });
    store.fault = new StoreUnavailableError("full", "There is no room.");
    for (let n = 0; n < 3; n++) {
      run(tracing);
      await tracing.flush();
    }
    store.fault = undefined;
    run(tracing);
    await tracing.flush();
    expect(store.batches).toBe(1);
    expect(logger.lines.map(({ level, fields }) => [level, fields["lost_spans"]])).toEqual([
      ["warn", undefined],
      ["info", 6],
    ]);
    await Promise.all([tracing.close(), tracing.close()]);
    expect(store.closes).toBe(1);
  });

  test("that hangs holds a bounded amount, and no caller up", async () => {
    const logger = memoryLogger();
    const store = new FaultyStore();
    store.fault = "hang";
    const tracing = createTracing({ env: {}, store, logger, maxValueCharacters: 2 ** 24 });
    for (let n = 0; n < 10; n++) {
      const span = tracing.tracer.startSpan({ name: "large" });
      span.setInputs("x".repeat(8_000_000));
      span.end();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(logger.lines.map(({ fields }) => fields["reason"])).toEqual([
      "The file takes spans too slowly.",
    ]);
  });
});
