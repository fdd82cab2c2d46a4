import { describe, expect, test } from "vitest";
import type { AgentFailedError } from "../src/index.js";
import { clientOf, collect, thrownBy } from "./support/client-of.js";
import { ID, message, response } from "./support/events.js";
import { json, type ScriptedServer, scriptedServer } from "./support/scripted-server.js";

/** Answers everything with what was asked. */
const echo = (): Promise<ScriptedServer> =>
  scriptedServer((_seen, res) => json(res, 200, { data: [], has_more: false }));

const asked = ({ seen }: ScriptedServer): unknown[] =>
  seen.map(({ method, url, body }) => (body === undefined ? [method, url] : [method, url, body]));

describe("each call asks for its route", () => {
  test("responses", async () => {
    await using server = await echo();
    const { responses } = clientOf(server);
    await responses.create({ input: "hi", background: true, previous_response_id: "resp_1" });
    await responses.retrieve("resp_1", { include: ["a", "b"] });
    await responses.cancel("resp_1");
    await responses.delete("a/b?c");
    await responses.inputTokens({ input: "hi" });
    await responses.compact({ model: "m", input: "hi" });
    await collect(responses.inputItems.list("resp_1", { limit: 5, order: "asc", after: "msg_1" }));
    expect(asked(server)).toEqual([
      ["POST", "/responses", { input: "hi", background: true, previous_response_id: "resp_1" }],
      ["GET", "/responses/resp_1?include%5B%5D=a&include%5B%5D=b"],
      ["POST", "/responses/resp_1/cancel", {}],
      ["DELETE", "/responses/a%2Fb%3Fc"],
      ["POST", "/responses/input_tokens", { input: "hi" }],
      ["POST", "/responses/compact", { model: "m", input: "hi" }],
      ["GET", "/responses/resp_1/input_items?limit=5&order=asc&after=msg_1"],
    ]);
  });

  test("conversations", async () => {
    await using server = await echo();
    const { conversations } = clientOf(server);
    const items = [{ role: "user" as const, content: "hi" }];
    await conversations.create({ items, metadata: { a: "b" } });
    await conversations.retrieve("conv_1");
    await conversations.update("conv_1", { metadata: {} });
    await conversations.delete("conv_1");
    await conversations.items.create("conv_1", items);
    await conversations.items.list("conv_1").page();
    await conversations.items.retrieve("conv_1", "msg_1");
    await conversations.items.delete("conv_1", "msg_1");
    expect(asked(server)).toEqual([
      ["POST", "/conversations", { items, metadata: { a: "b" } }],
      ["GET", "/conversations/conv_1"],
      ["POST", "/conversations/conv_1", { metadata: {} }],
      ["DELETE", "/conversations/conv_1"],
      ["POST", "/conversations/conv_1/items", { items }],
      ["GET", "/conversations/conv_1/items"],
      ["GET", "/conversations/conv_1/items/msg_1"],
      ["DELETE", "/conversations/conv_1/items/msg_1"],
    ]);
  });

  test("models below /v1; agent and invocations, which are not there, above it", async () => {
    await using server = await echo();
    const client = clientOf({ url: `${server.url}/v1/` });
    expect(await client.models.list()).toEqual([]);
    await client.models.retrieve("a b");
    await client.agent.info();
    await client.invocations.invoke({ input: [] });
    await client.invocations.invoke({ question: 1 }, { agent: "my agent" });
    expect(asked(server)).toEqual([
      ["GET", "/v1/models"],
      ["GET", "/v1/models/a%20b"],
      ["GET", "/agent/info"],
      ["POST", "/invocations", { input: [] }],
      ["POST", "/agents/my%20agent/invocations", { question: 1 }],
    ]);
  });
});

describe("headers", () => {
  test("are the key, the client's, and the call's, in this order", async () => {
    await using server = await echo();
    let asks = 0;
    const client = clientOf(server, {
      apiKey: "secret",
      headers: async () => ({ "x-count": String(++asks), "x-one": "client" }),
    });
    await client.agent.info({ headers: { "x-one": "call" } });
    await client.responses.create({ input: "hi" }, { headers: { authorization: "Basic abc" } });
    const [first, second] = server.seen.map(({ headers }) => headers);
    expect(first).toMatchObject({
      authorization: "Bearer secret",
      accept: "application/json",
      "x-count": "1",
      "x-one": "call",
    });
    expect(second).toMatchObject({
      authorization: "Basic abc",
      "content-type": "application/json",
      "x-count": "2",
      "x-one": "client",
    });
  });

  test("that cannot be had are the caller's error", async () => {
    await using server = await echo();
    const client = clientOf(server, { headers: () => Promise.reject(new Error("no token")) });
    expect(await thrownBy(client.agent.info())).toMatchObject({ message: "no token" });
    expect(server.seen).toHaveLength(0);
  });
});

describe("lists", () => {
  const paged = (): Promise<ScriptedServer> =>
    scriptedServer(({ url }, res) => {
      const after = new URL(url, "http://x").searchParams.get("after");
      const from = after === null ? 0 : Number(after) + 1;
      const data = [from, from + 1].filter((id) => id < 5).map((id) => ({ id: String(id) }));
      const last = data.at(-1)?.id ?? null;
      json(res, 200, {
        object: "list",
        data,
        first_id: null,
        last_id: last,
        has_more: from + 2 < 5,
      });
    });

  test("give every item, page after page", async () => {
    await using server = await paged();
    const list = clientOf(server).responses.inputItems.list(ID, { limit: 2 });
    expect((await collect(list)).map(({ id }) => id)).toEqual(["0", "1", "2", "3", "4"]);
    expect(server.seen).toHaveLength(3);
    expect((await list.page()).has_more).toBe(true);
  });

  test("ask for no page that nobody reads", async () => {
    await using server = await paged();
    for await (const item of clientOf(server).conversations.items.list("conv_1"))
      if (item.id === "1") break;
    expect(server.seen).toHaveLength(1);
  });

  test("that would never end are an error", async () => {
    await using server = await scriptedServer((_seen, res) =>
      json(res, 200, { data: [{ id: "a" }], last_id: "a", has_more: true }),
    );
    const error = await thrownBy(collect(clientOf(server).responses.inputItems.list(ID)));
    expect(error).toMatchObject({ kind: "invalid_response" });
    expect(server.seen).toHaveLength(2);
  });
});

describe("wait", () => {
  test("looks until the run has ended", async () => {
    const statuses = ["queued", "in_progress", "completed"] as const;
    await using server = await scriptedServer((_seen, res, index) =>
      json(res, 200, response(statuses[index]!, { output: [message("done")] })),
    );
    const waited = await clientOf(server).responses.wait(ID, { pollMs: 1 });
    expect(waited.status).toBe("completed");
    expect(server.seen.map(({ url }) => url)).toEqual(Array(3).fill(`/responses/${ID}`));
  });

  test.each(["failed", "cancelled"] as const)("throws for a run that %s", async (status) => {
    await using server = await scriptedServer((_seen, res) => json(res, 200, response(status)));
    const error = await thrownBy(clientOf(server).responses.wait(ID));
    expect(error).toMatchObject({ kind: "agent_failed" });
    expect((error as AgentFailedError).response?.status).toBe(status);
  });

  test("ends in time, and by its signal", async () => {
    await using server = await scriptedServer((_seen, res) =>
      json(res, 200, response("in_progress")),
    );
    const { responses } = clientOf(server);
    expect(await thrownBy(responses.wait(ID, { timeoutMs: 50, pollMs: 5 }))).toMatchObject({
      kind: "timeout",
    });
    const signal = AbortSignal.timeout(50);
    expect(await thrownBy(responses.wait(ID, { signal }))).toMatchObject({ name: "TimeoutError" });
  });
});
