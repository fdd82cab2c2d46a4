import { invoke } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import { gate, H, serve, until } from "./support/index.js";
import { create, fetchJson, postJson, untilStatus } from "./support/stored.js";

const texts = (items: readonly { content: string | { text: string }[] }[]): string[] =>
  items.map(({ content }) => (typeof content === "string" ? content : content[0]!.text));

describe("conversations", () => {
  test("R49 are made, read, changed and deleted", async () => {
    await using served = await serve({ agents: H });
    const made = await postJson(`${served.url}/v1/conversations`, {
      metadata: { topic: "a" },
      items: [{ type: "message", role: "user", content: "hello" }],
    });
    expect(made).toMatchObject({
      status: 200,
      body: { object: "conversation", metadata: { topic: "a" }, created_at: expect.any(Number) },
    });
    const { id } = made.body as { id: string };
    expect(id).toMatch(/^conv_[0-9a-f]{24}$/);
    const at = `${served.url}/conversations/${id}`;
    expect((await fetchJson(at)).body).toEqual(made.body);
    const changed = await postJson(at, { metadata: { topic: "b" } });
    expect(changed.body).toEqual({ ...made.body, metadata: { topic: "b" } });
    const deleted = await fetchJson(at, { method: "DELETE" });
    expect(deleted.body).toEqual({ id, object: "conversation.deleted", deleted: true });
    const gone = await fetchJson(at);
    expect(gone).toMatchObject({
      status: 404,
      body: { error: { code: "conversation_not_found" } },
    });
  });

  test("R49 hold items, listed page by page, read and deleted one by one", async () => {
    await using served = await serve({ agents: H });
    const { id } = (await postJson(`${served.url}/conversations`)).body as { id: string };
    const at = `${served.url}/conversations/${id}/items`;
    const items = (from: number) =>
      Array.from({ length: 15 }, (_, n) => ({ role: "user", content: `m${from + n}` }));
    const added = await postJson(at, { items: items(0) });
    expect(added.body).toMatchObject({ object: "list", has_more: false });
    expect(added.body["data"]).toHaveLength(15);
    await postJson(at, { items: items(15) });
    const first = (await fetchJson(at)).body;
    expect(texts(first["data"])[0]).toBe("m29");
    expect(first).toMatchObject({ has_more: true, last_id: first["data"][19].id });
    const rest = (await fetchJson(`${at}?after=${first["last_id"]}`)).body;
    expect(texts(rest["data"]).at(-1)).toBe("m0");
    expect(rest["has_more"]).toBe(false);
    const item = first["data"][3];
    expect((await fetchJson(`${at}/${item.id}`)).body).toEqual(item);
    const after = await fetchJson(`${at}/${item.id}`, { method: "DELETE" });
    expect(after.body).toMatchObject({ id, object: "conversation" });
    expect((await fetchJson(`${at}/${item.id}`)).status).toBe(404);
    const many = await postJson(at, { items: [...items(0), ...items(15)] });
    expect(many).toMatchObject({ status: 400, body: { error: { param: "items" } } });
    const wrong = await postJson(at, { items: [{ role: "robot", content: "x" }] });
    expect(wrong).toMatchObject({ status: 400, body: { error: { param: "items[0].role" } } });
  });

  test("R50 give the agent what was said, and take what it says", async () => {
    const given: AgentRequest[] = [];
    const agent = invoke((request) => {
      given.push(request);
      return `answer ${given.length}`;
    });
    await using served = await serve({ agents: agent });
    const { id } = (await postJson(`${served.url}/conversations`)).body as { id: string };
    const first = await create(served.url, { input: "one", conversation: id });
    expect(first["conversation"]).toEqual({ id });
    await create(served.url, { input: "two", conversation: { id } });
    expect(texts(given[1]!.input as never)).toEqual(["one", "answer 1", "two"]);
    const listed = (await fetchJson(`${served.url}/conversations/${id}/items?order=asc`)).body;
    expect(texts(listed["data"])).toEqual(["one", "answer 1", "two", "answer 2"]);
    const unknown = await postJson(`${served.url}/responses`, {
      input: "x",
      conversation: "conv_000000000000000000000000",
    });
    expect(unknown.status).toBe(404);
  });

  test("R50 a run that failed leaves nothing behind", async () => {
    const agent = invoke(() => {
      throw new Error("no");
    });
    await using served = await serve({ agents: agent });
    const { id } = (await postJson(`${served.url}/conversations`)).body as { id: string };
    const failed = await postJson(`${served.url}/responses`, { input: "one", conversation: id });
    expect(failed.status).toBe(500);
    expect((await fetchJson(`${served.url}/conversations/${id}/items`)).body["data"]).toEqual([]);
  });

  for (const stored of ["conversation", "previous_response_id"] as const) {
    describe(`R51 a second run on the same ${stored}`, () => {
      const started = async (overlap: "reject" | "queue" | "interrupt") => {
        const gates = [gate(), gate(), gate()];
        const given: AgentRequest[] = [];
        const reasons: unknown[] = [];
        const agent = invoke({ overlap }, async (request, { signal }) => {
          const turn = given.push(request) - 1;
          signal.addEventListener("abort", () => reasons.push(signal.reason));
          await Promise.race([
            gates[turn]!.opened,
            new Promise((resolve) => signal.addEventListener("abort", resolve)),
          ]);
          return `answer ${turn}`;
        });
        const served = await serve({ agents: agent });
        const conversation = (await postJson(`${served.url}/conversations`)).body["id"];
        const first = await create(served.url, {
          input: "one",
          background: true,
          ...(stored === "conversation" ? { conversation } : {}),
        });
        await until("the first runs", () => given.length === 1);
        const next =
          stored === "conversation"
            ? { input: "two", conversation }
            : { input: "two", previous_response_id: first["id"] };
        return { served, gates, given, reasons, first, next };
      };

      test("is refused by default", async () => {
        const { served, gates, next, first } = await started("reject");
        await using _ = served;
        const refused = await postJson(`${served.url}/responses`, next);
        expect(refused).toMatchObject({
          status: 409,
          body: { error: { code: "conversation_locked" } },
        });
        gates[0]!.open();
        await untilStatus(served.url, first["id"], "completed");
        gates[1]!.open();
        expect((await postJson(`${served.url}/responses`, next)).status).toBe(200);
      });

      test("waits its turn, in the foreground and in the background", async () => {
        const { served, gates, given, next, first } = await started("queue");
        await using _ = served;
        const second = create(served.url, next);
        const third =
          stored === "conversation"
            ? await create(served.url, { ...next, input: "three", background: true })
            : undefined;
        expect(given).toHaveLength(1);
        for (const each of gates) each.open();
        expect((await second)["status"]).toBe("completed");
        expect(texts(given[1]!.input as never)).toEqual(["one", "answer 0", "two"]);
        await untilStatus(served.url, first["id"], "completed");
        if (third === undefined) return;
        expect(third["status"]).toBe("queued");
        await untilStatus(served.url, third["id"], "completed");
        expect(texts(given[2]!.input as never)).toEqual([
          "one",
          "answer 0",
          "two",
          "answer 1",
          "three",
        ]);
      });

      test("stops the first", async () => {
        const { served, gates, reasons, next, first } = await started("interrupt");
        await using _ = served;
        gates[1]!.open();
        expect((await create(served.url, next))["status"]).toBe("completed");
        expect(reasons).toEqual([expect.objectContaining({ code: "superseded" })]);
        const ended = await untilStatus(served.url, first["id"], "failed");
        expect(ended["error"]["code"]).toBe("superseded");
      });
    });
  }
});
