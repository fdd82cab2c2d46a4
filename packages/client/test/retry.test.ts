import { freePort } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import { ApiError, ConnectionError, createClient, TimeoutError } from "../src/index.js";
import { clientOf, thrownBy } from "./support/client-of.js";
import { ID, response } from "./support/events.js";
import { json, type Script, scriptedServer } from "./support/scripted-server.js";

type Answer = [status: number, headers?: Record<string, string>] | "drop";

/** Fails as told, then answers. */
const failing =
  (...answers: Answer[]): Script =>
  (_seen, res, index) => {
    const answer = answers[index];
    if (answer === undefined) return json(res, 200, response("completed"));
    if (answer === "drop") return void res.destroy();
    json(res, answer[0], { error: { message: "no", code: "c", type: "t", param: "" } }, answer[1]);
  };

describe("create is repeated", () => {
  test.each<[string, Answer]>([
    ["a dropped connection", "drop"],
    ["408", [408]],
    ["429", [429]],
    ["500", [500]],
    ["503", [503]],
    ["409 with retry-after", [409, { "retry-after-ms": "1" }]],
    ["x-should-retry: true", [400, { "x-should-retry": "true" }]],
  ])("after %s, with the same key", async (_name, answer) => {
    await using server = await scriptedServer(failing(answer));
    const made = await clientOf(server).responses.create({ input: "hi" });
    expect(made.id).toBe(ID);
    expect(server.seen).toHaveLength(2);
    const keys = server.seen.map(({ headers }) => headers["idempotency-key"]);
    expect(keys[0]).toBeDefined();
    expect(keys[1]).toBe(keys[0]);
  });

  test("with a new key for each call, or with one's own", async () => {
    await using server = await scriptedServer(failing());
    const { responses } = clientOf(server);
    await responses.create({ input: "hi" });
    await responses.create({ input: "hi" });
    await responses.create({ input: "hi" }, { idempotencyKey: "mine" });
    const keys = server.seen.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("mine");
  });

  test("after as long as retry-after says", async () => {
    await using server = await scriptedServer(failing([429, { "retry-after": "1" }]));
    const begun = performance.now();
    await clientOf(server).responses.create({ input: "hi" });
    expect(performance.now() - begun).toBeGreaterThan(950);
  });

  test("no more than maxRetries times", async () => {
    await using server = await scriptedServer(failing([500], [500], [500], [500], [500]));
    const { responses } = clientOf(server, { maxRetries: 3 });
    expect(await thrownBy(responses.create({ input: "hi" }))).toBeInstanceOf(ApiError);
    expect(server.seen).toHaveLength(4);
  });
});

describe("create is not repeated", () => {
  test.each<[string, Answer]>([
    ["400", [400]],
    ["404", [404]],
    ["409", [409]],
    ["501", [501]],
    ["x-should-retry: false", [500, { "x-should-retry": "false" }]],
    ["a retry-after beyond maxRetryAfterMs", [429, { "retry-after": "3600" }]],
    ["a date of retry-after beyond it", [429, { "retry-after": "Fri, 01 Jan 2100 00:00:00 GMT" }]],
  ])("after %s", async (_name, answer) => {
    await using server = await scriptedServer(failing(answer));
    const error = await thrownBy(clientOf(server).responses.create({ input: "hi" }));
    expect(error).toBeInstanceOf(ApiError);
    expect(server.seen).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ["a dropped connection", "drop"],
    ["429", [429]],
    ["503", [503]],
  ])("without a key after %s", async (_name, answer) => {
    for (const [body, options] of [
      [{ store: false }, {}],
      [{}, { idempotencyKey: false as const }],
    ] as const) {
      await using server = await scriptedServer(failing(answer));
      await thrownBy(clientOf(server).responses.create({ input: "hi", ...body }, options));
      expect(server.seen).toHaveLength(1);
      expect(server.seen[0]?.headers).not.toHaveProperty("idempotency-key");
    }
  });
});

test("a request that never reached a server is sent again, key or not", async () => {
  const port = await freePort();
  let tries = 0;
  const client = createClient({
    baseUrl: `http://127.0.0.1:${port}`,
    retryDelayMs: 1,
    fetch: (url, init) => (tries++, fetch(url, init)),
  });
  const error = await thrownBy(client.responses.create({ input: "hi", store: false }));
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ neverSent: true });
  expect((error as Error).message).toContain("ECONNREFUSED");
  expect(tries).toBe(3);
});

test("a server that stores nothing is asked again without a key, once", async () => {
  await using server = await scriptedServer(({ headers }, res) => {
    if (headers["idempotency-key"] === undefined) return json(res, 200, response("completed"));
    json(res, 400, {
      error: { message: "needs a store", param: "Idempotency-Key", code: "invalid_request" },
    });
  });
  const { responses } = clientOf(server);
  expect((await responses.create({ input: "hi" })).id).toBe(ID);
  expect(server.seen.map(({ body }) => body)).toEqual([
    { input: "hi", disconnect: { graceMs: 30_000 } },
    { input: "hi" },
  ]);
  const own = await thrownBy(responses.create({ input: "hi" }, { idempotencyKey: "mine" }));
  expect(own).toMatchObject({ status: 400 });
});

test("reads, deletes, cancels and counts are repeated; what makes something is not", async () => {
  const calls = {
    again: ["retrieve", "delete", "cancel", "count", "update", "models"],
    once: ["compact", "conversation", "items", "invoke"],
  };
  const run = async (name: string, url: string): Promise<unknown> => {
    const { responses, conversations, models, invocations } = clientOf({ url });
    switch (name) {
      case "retrieve":
        return responses.retrieve(ID);
      case "delete":
        return responses.delete(ID);
      case "cancel":
        return responses.cancel(ID);
      case "count":
        return responses.inputTokens({ input: "hi" });
      case "update":
        return conversations.update("conv_1", { metadata: {} });
      case "models":
        return models.retrieve("agent");
      case "compact":
        return responses.compact({ input: "hi" });
      case "conversation":
        return conversations.create();
      case "items":
        return conversations.items.create("conv_1", []);
      default:
        return invocations.invoke({ input: [] });
    }
  };
  for (const [kind, names] of Object.entries(calls))
    for (const name of names) {
      await using server = await scriptedServer(failing("drop"));
      const result = await run(name, server.url).then(
        () => "answered",
        () => "threw",
      );
      expect([name, result, server.seen.length]).toEqual(
        kind === "again" ? [name, "answered", 2] : [name, "threw", 1],
      );
    }
});

describe("timeoutMs", () => {
  test("ends a call with all its retries", async () => {
    await using server = await scriptedServer(() => {});
    const error = await thrownBy(
      clientOf(server).responses.create({ input: "hi" }, { timeoutMs: 100 }),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toContain("raise timeoutMs");
    expect(server.seen).toHaveLength(1);
  });

  test("ends an answer that does not come to its end", async () => {
    await using server = await scriptedServer((_seen, res) => {
      res.writeHead(200, { "content-type": "application/json" }).write('{"id":');
    });
    const error = await thrownBy(clientOf(server, { timeoutMs: 100 }).responses.retrieve(ID));
    expect(error).toBeInstanceOf(TimeoutError);
  });

  test("ends a stream that does not begin", async () => {
    await using server = await scriptedServer(() => {});
    const stream = clientOf(server, { timeoutMs: 100 }).responses.stream({ input: "hi" });
    expect(await thrownBy(stream.finalResponse())).toBeInstanceOf(TimeoutError);
  });
});

test("an answer over maxBodyLength is an error", async () => {
  await using server = await scriptedServer((_seen, res) => json(res, 200, "x".repeat(2000)));
  const error = await thrownBy(clientOf(server, { maxBodyLength: 1000 }).responses.retrieve(ID));
  expect(error).toMatchObject({ kind: "invalid_response" });
  expect((error as Error).message).toContain("maxBodyLength");
});
