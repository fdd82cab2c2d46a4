import { createAgentServer } from "@wheelhouse/agent-server";
import { ev, invoke, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import { events, H, post, S, serve } from "./support/index.js";
import {
  create,
  fetchJson,
  postJson,
  replay,
  range,
  sequence,
  untilStatus,
} from "./support/stored.js";

/** An agent that answers with what it was given. */
function echo() {
  const given: AgentRequest[] = [];
  const agent = invoke((request) => {
    given.push(request);
    return `answer ${given.length}`;
  });
  return { agent, given };
}

const rolesAndTexts = (request: AgentRequest): unknown[] =>
  request.input.map((item) => [
    (item as { role?: unknown }).role ?? item.type,
    (item as { content?: { text: string }[] | string }).content?.[0] === undefined
      ? undefined
      : typeof (item as { content: unknown }).content === "string"
        ? (item as { content: unknown }).content
        : (item as { content: { text: string }[] }).content[0]!.text,
  ]);

describe("a stored response", () => {
  test("R40 is there as it was answered; store: false leaves nothing", async () => {
    await using served = await serve({ agents: [H, S] });
    const answer = await create(served.url, { input: "hi", metadata: { a: "b" } });
    expect(answer).toMatchObject({ store: true, metadata: { a: "b" } });
    const got = await fetchJson(`${served.url}/v1/responses/${answer["id"]}`);
    expect(got).toEqual({ status: 200, body: { ...answer, attempt_number: 1 } });
    const streamed = await events(
      await post(`${served.url}/responses`, { input: "hi", stream: true }),
    );
    const last = streamed.at(-1)!["response"];
    const again = await fetchJson(`${served.url}/responses/${last.id}`);
    expect(again.body).toEqual({ ...last, attempt_number: 1 });

    for (const stream_ of [false, true]) {
      const response = await post(`${served.url}/responses`, {
        input: "hi",
        store: false,
        stream: stream_,
      });
      const id = /"id":"(resp_[0-9a-f]{24})"/.exec(await response.text())![1]!;
      expect((await fetchJson(`${served.url}/responses/${id}`)).status).toBe(404);
    }
  });

  test("R63 one that was not streamed is told as events, always the same", async () => {
    await using served = await serve({ agents: H });
    const { id } = (await create(served.url, { input: "hi" })) as { id: string };
    const first = await replay(served.url, id);
    expect(sequence(first)).toEqual(range(0, first.length - 1));
    expect(first.map(({ event }) => event)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(await replay(served.url, id)).toEqual(first);
    expect(await replay(served.url, id, "&starting_after=4")).toEqual(first.slice(5));
  });

  test("R41 is gone when it is deleted", async () => {
    await using served = await serve({ agents: H });
    const { id } = (await create(served.url, { input: "hi" })) as { id: string };
    const at = `${served.url}/responses/${id}`;
    const deleted = await fetchJson(at, { method: "DELETE" });
    expect(deleted).toEqual({ status: 200, body: { id, object: "response", deleted: true } });
    for (const path of [at, `${at}?stream=true`, `${at}/input_items`])
      expect((await fetchJson(path)).status).toBe(404);
    expect((await fetchJson(at, { method: "DELETE" })).status).toBe(404);
    expect((await postJson(`${at}/cancel`)).status).toBe(404);
    const next = await postJson(`${served.url}/responses`, {
      input: "hi",
      previous_response_id: id,
    });
    expect(next).toMatchObject({
      status: 400,
      body: { error: { code: "previous_response_not_found", param: "previous_response_id" } },
    });
  });

  test("R43 lists its input, newest first, page by page", async () => {
    await using served = await serve({ agents: H });
    const input = Array.from({ length: 25 }, (_, at) => ({ role: "user", content: `m${at}` }));
    const { id } = (await create(served.url, { input })) as { id: string };
    const at = `${served.url}/responses/${id}/input_items`;
    const first = (await fetchJson(at)).body;
    expect(first).toMatchObject({ object: "list", has_more: true });
    expect(first["data"]).toHaveLength(20);
    expect(first["data"][0]).toMatchObject({
      type: "message",
      role: "user",
      status: "completed",
      content: [{ type: "input_text", text: "m24" }],
    });
    expect(first["first_id"]).toBe(first["data"][0].id);
    const rest = (await fetchJson(`${at}?after=${first["last_id"]}`)).body;
    expect(
      rest["data"].map((item: { content: { text: string }[] }) => item.content[0]!.text),
    ).toEqual(["m4", "m3", "m2", "m1", "m0"]);
    expect(rest["has_more"]).toBe(false);
    const ordered = (await fetchJson(`${at}?order=asc&limit=1`)).body;
    expect(ordered["data"][0].content[0].text).toBe("m0");
    for (const bad of ["limit=0", "limit=101", "limit=x", "order=up"]) {
      const refused = await fetchJson(`${at}?${bad}`);
      expect(refused.status).toBe(400);
      expect(refused.body["error"].param).toBe(bad.split("=")[0]);
    }
  });

  test("R44 counts the tokens of an input, with what it goes on with", async () => {
    await using served = await serve({ agents: H });
    const count = async (body: unknown): Promise<number> => {
      const { status, body: answer } = await postJson(
        `${served.url}/v1/responses/input_tokens`,
        body,
      );
      expect(status).toBe(200);
      expect(answer["object"]).toBe("response.input_tokens");
      return answer["input_tokens"];
    };
    const short = await count({ input: "hi" });
    const long = await count({ input: "hi ".repeat(500) });
    expect(short).toBeGreaterThan(0);
    expect(long).toBeGreaterThan(short + 400);
    const { id } = (await create(served.url, { input: "hi ".repeat(500) })) as { id: string };
    expect(await count({ input: "hi", previous_response_id: id })).toBeGreaterThan(long);
  });
});

describe("what came before", () => {
  test("R46 previous_response_id gives the agent input and output of the whole chain", async () => {
    const { agent, given } = echo();
    await using served = await serve({ agents: agent });
    const first = await create(served.url, { input: "one", instructions: "be brief" });
    const second = await create(served.url, { input: "two", previous_response_id: first["id"] });
    await create(served.url, { input: "three", previous_response_id: second["id"] });
    expect(rolesAndTexts(given[2]!)).toEqual([
      ["user", "one"],
      ["assistant", "answer 1"],
      ["user", "two"],
      ["assistant", "answer 2"],
      ["user", "three"],
    ]);
    expect(given[1]!.instructions ?? null).toBeNull();
    expect(given[2]!.input_text).toBe("three");
    expect(second).toMatchObject({ previous_response_id: first["id"], instructions: null });
  });

  test("R46 calls and their outputs stay in the chain", async () => {
    const given: AgentRequest[] = [];
    const agent = invoke((request) => {
      given.push(request);
      return request.input.some(({ type }) => type === "function_call_output")
        ? "sunny"
        : [ev.call("call_1", "weather", { city: "Rome" })];
    });
    await using served = await serve({ agents: agent });
    const tools = [{ type: "function", name: "weather", parameters: {} }];
    const first = await create(served.url, { input: "weather?", tools });
    expect(first["output"]).toMatchObject([{ type: "function_call", call_id: "call_1" }]);
    const second = await create(served.url, {
      input: [{ type: "function_call_output", call_id: "call_1", output: "20 degrees" }],
      previous_response_id: first["id"],
      tools,
    });
    expect(given[1]!.input.map(({ type }) => type)).toEqual([
      "message",
      "function_call",
      "function_call_output",
    ]);
    expect(second["output"][0].content[0].text).toBe("sunny");
  });

  test("R48 an output without its call is refused, one beside its call is not", async () => {
    const { agent } = echo();
    await using served = await serve({ agents: agent });
    const output = { type: "function_call_output", call_id: "call_x", output: "1" };
    const call = { type: "function_call", call_id: "call_x", name: "f", arguments: "{}" };
    const refused = await postJson(`${served.url}/responses`, { input: [output] });
    expect(refused).toMatchObject({ status: 400, body: { error: { param: "input" } } });
    expect(refused.body["message"]).toContain("call_x");
    expect((await postJson(`${served.url}/responses`, { input: [call, output] })).status).toBe(200);
  });

  test("R47 a reference stands for the stored item, of an input or an output", async () => {
    const { agent, given } = echo();
    await using served = await serve({ agents: agent });
    const first = await create(served.url, { input: "one" });
    const items = (await fetchJson(`${served.url}/responses/${first["id"]}/input_items`)).body;
    const references = [
      { type: "item_reference", id: items["data"][0].id },
      { id: first["output"][0].id },
      { role: "user", content: "two" },
    ];
    await create(served.url, { input: references });
    expect(rolesAndTexts(given[1]!)).toEqual([
      ["user", "one"],
      ["assistant", "answer 1"],
      ["user", "two"],
    ]);
    const unknown = await postJson(`${served.url}/responses`, {
      input: [{ type: "item_reference", id: "msg_unknown" }],
    });
    expect(unknown).toMatchObject({
      status: 404,
      body: { error: { code: "item_not_found", param: "input[0].id" } },
    });
  });

  test("R45 a compacted conversation goes on where it was", async () => {
    const { agent, given } = echo();
    await using served = await serve({ agents: agent });
    const first = await create(served.url, { input: "one" });
    const { status, body } = await postJson(`${served.url}/v1/responses/compact`, {
      model: "agent",
      input: "two",
      previous_response_id: first["id"],
      prompt_cache_key: "k",
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: "response.compaction",
      usage: { total_tokens: expect.any(Number) },
    });
    expect(
      body["output"].filter(({ type }: { type: string }) => type === "compaction"),
    ).toHaveLength(1);
    await create(served.url, { input: [...body["output"], { role: "user", content: "three" }] });
    const seen = JSON.stringify(given.at(-1)!.input);
    for (const text of ["one", "answer 1", "two", "three"]) expect(seen).toContain(text);
    for (const bad of [{ input: "x" }, { input: "x", model: "" }])
      expect((await postJson(`${served.url}/responses/compact`, bad)).status).toBe(400);
  });

  test("R69 a previous response and a conversation exclude one another", async () => {
    await using served = await serve({ agents: H });
    const first = await create(served.url, { input: "hi" });
    const refused = await postJson(`${served.url}/responses`, {
      input: "hi",
      previous_response_id: first["id"],
      conversation: "conv_000000000000000000000000",
    });
    expect(refused.status).toBe(400);
  });
});

describe("limits that the server holds", () => {
  test("R53 max_output_tokens cuts an agent that goes on", async () => {
    const agent = stream(async function* talker() {
      for (let at = 0; at < 1_000; at++) yield `word${at} `;
    });
    await using served = await serve({ agents: agent });
    const answer = await create(served.url, { input: "hi", max_output_tokens: 16 });
    expect(answer).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ status: "incomplete" }],
    });
    const text: string = answer["output"][0].content[0].text;
    expect(text.length).toBeGreaterThan(8);
    expect(text.length).toBeLessThan(120);
    const streamed = await events(
      await post(`${served.url}/responses`, { input: "hi", max_output_tokens: 16, stream: true }),
    );
    expect(streamed.at(-1)!["type"]).toBe("response.incomplete");
    const deltas = streamed
      .filter(({ type }) => type === "response.output_text.delta")
      .map(({ delta }) => delta)
      .join("");
    expect(deltas).toBe(text);
    const enough = await create(served.url, { input: "hi", max_output_tokens: 100_000 });
    expect(enough["status"]).toBe("completed");
  });

  test("R54 tool_choice and allowed_tools hold even if the agent disobeys", async () => {
    const agent = invoke(() => [ev.call("c1", "a", {}), ev.call("c2", "b", {}), ev.text("said")]);
    await using served = await serve({ agents: agent });
    const tools = ["a", "b"].map((name) => ({ type: "function", name, parameters: {} }));
    const called = async (tool_choice: unknown): Promise<string[]> => {
      const { output } = await create(served.url, { input: "hi", tools, tool_choice });
      return output
        .filter(({ type }: { type: string }) => type === "function_call")
        .map(({ name }: { name: string }) => name);
    };
    expect(await called("auto")).toEqual(["a", "b"]);
    expect(await called("none")).toEqual([]);
    const only = { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "b" }] };
    expect(await called(only)).toEqual(["b"]);
    expect(await called({ type: "function", name: "a" })).toEqual(["a"]);

    await using silent = await serve({ agents: invoke(() => "no call") });
    const refused = await postJson(`${silent.url}/responses`, {
      input: "hi",
      tools,
      tool_choice: "required",
    });
    expect(refused.status).toBe(500);
    expect(refused.body["message"]).toContain("required");
  });

  test.each(["quiet", "streamed", "background"])(
    "R52 an agent is given its encrypted reasoning again, whether it was shown or not (%s)",
    async (how) => {
      const given: unknown[] = [];
      const agent = stream(async function* sealed({ input }) {
        given.push(input.find(({ type }) => type === "reasoning")?.["encrypted_content"]);
        yield ev.item({ type: "reasoning", id: "r", summary: [], encrypted_content: "sealed" });
        yield "done";
      });
      await using served = await serve({ agents: agent });
      const fields = { quiet: {}, streamed: { stream: true }, background: { background: true } }[
        how
      ];
      const { body: conversation } = await postJson(`${served.url}/conversations`);
      const said = async (more: object): Promise<string> => {
        const answer = await post(`${served.url}/responses`, { input: "x", ...fields, ...more });
        const id = /resp_[0-9a-f]{24}/.exec(await answer.text())![0];
        await untilStatus(served.url, id, "completed");
        return id;
      };
      const first = await said({});
      await said({ previous_response_id: first });
      await said({ conversation: conversation["id"] });
      await said({ conversation: conversation["id"] });
      expect(given).toEqual([undefined, "sealed", undefined, "sealed"]);

      const at = `${served.url}/responses/${first}`;
      const asked = "include[]=reasoning.encrypted_content";
      expect((await fetchJson(at)).body["output"][0]).not.toHaveProperty("encrypted_content");
      expect((await fetchJson(`${at}?${asked}`)).body["output"][0]).toMatchObject({
        encrypted_content: "sealed",
      });
      const items = `${served.url}/conversations/${conversation["id"]}/items`;
      expect(JSON.stringify((await fetchJson(items)).body)).not.toContain("sealed");
      expect(JSON.stringify((await fetchJson(`${items}?${asked}`)).body)).toContain("sealed");
    },
  );

  test("R52 encrypted reasoning is sent to those who include it", async () => {
    const agent = invoke(() => ({
      output: [
        { type: "reasoning", id: "r", summary: [], encrypted_content: "sealed" },
        { type: "message", role: "assistant", content: "hi" },
      ],
    }));
    await using served = await serve({ agents: agent });
    const plain = await create(served.url, { input: "hi" });
    expect(plain["output"][0]).not.toHaveProperty("encrypted_content");
    const included = await create(served.url, {
      input: "hi",
      include: ["reasoning.encrypted_content"],
    });
    expect(included["output"][0]["encrypted_content"]).toBe("sealed");
  });

  test("storage options that make no sense are refused by name", () => {
    const wrong = [{ leaseMs: 0 }, { responseRetentionMs: -1 }, { storeResponses: "no" as never }];
    for (const options of wrong)
      expect(() => createAgentServer(options)).toThrow(Object.keys(options)[0]);
  });
});
