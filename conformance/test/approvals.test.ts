import { invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { events, post, serve } from "./support/index.js";
import { create, postJson } from "./support/stored.js";

/** An agent that plans once, asks twice, and does what it may. */
function careful() {
  const seen = { plans: 0, runs: 0, done: [] as unknown[], reasons: [] as unknown[] };
  const agent = stream(async function* careful_(_request, ctx) {
    seen.runs++;
    ctx.signal.addEventListener("abort", () => seen.reasons.push(ctx.signal.reason));
    const plan = await ctx.step("plan", () => `plan ${++seen.plans}`);
    for (const file of ["a", "b"]) {
      const { approve, reason } = await ctx.approve("delete", { file });
      seen.done.push([file, approve, reason]);
      if (!approve) {
        yield `kept ${file}`;
        return;
      }
    }
    yield `${plan}: deleted`;
  });
  return { agent, seen };
}

const answer = (
  response: { id: string; output: { id: string }[] },
  approve: boolean,
  reason?: string,
) => ({
  previous_response_id: response.id,
  input: [
    {
      type: "mcp_approval_response",
      approval_request_id: response.output.at(-1)!.id,
      approve,
      ...(reason === undefined ? {} : { reason }),
    },
  ],
});

describe("R66 a run that asks a person", () => {
  test("R66 R67 stops with the question, and goes on with the answers; its steps are done once", async () => {
    const { agent, seen } = careful();
    await using served = await serve({ agents: agent });
    const first = await create(served.url, { input: "clean up" });
    expect(first).toMatchObject({
      status: "completed",
      output: [
        {
          type: "mcp_approval_request",
          name: "delete",
          arguments: '{"file":"a"}',
          server_label: "agent",
          id: expect.stringMatching(/./),
        },
      ],
    });
    expect(seen.reasons).toEqual([expect.objectContaining({ code: "approval_pending" })]);
    const second = await create(served.url, answer(first as never, true));
    expect(second["output"]).toMatchObject([
      { type: "mcp_approval_request", arguments: '{"file":"b"}' },
    ]);
    const third = await create(served.url, answer(second as never, true, "go"));
    expect(third["output"]).toMatchObject([
      { type: "message", content: [{ text: "plan 1: deleted" }] },
    ]);
    expect(seen).toMatchObject({
      plans: 1,
      runs: 3,
      done: [
        ["a", true, undefined],
        ["a", true, undefined],
        ["b", true, "go"],
      ],
    });
    // The task is over: the same question is asked anew.
    const later = await create(served.url, { input: "again", previous_response_id: third["id"] });
    expect(later["output"]).toMatchObject([{ arguments: '{"file":"a"}' }]);
  });

  test("R66 a refusal is an answer too, over a stream", async () => {
    const { agent } = careful();
    await using served = await serve({ agents: agent });
    const asked = await events(await post(`${served.url}/responses`, { input: "x", stream: true }));
    expect(asked.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.output_item.done",
      "response.completed",
    ]);
    const body = answer(asked.at(-1)!["response"], false, "no");
    const refused = await create(served.url, body);
    expect(refused["output"][0].content[0].text).toBe("kept a");
  });

  test("R66 the whole history does as well as a stored response, on both wires", async () => {
    const { agent } = careful();
    await using served = await serve({ agents: agent });
    const user = { role: "user", content: "clean up" };
    for (const path of ["/responses", "/invocations"]) {
      const ask = async (input: unknown[]) =>
        (await postJson(`${served.url}${path}`, { input, store: false })).body["output"][0];
      const first = await ask([user]);
      expect(first.type).toBe("mcp_approval_request");
      const yes = (item: { id: string }) => ({
        type: "mcp_approval_response",
        approval_request_id: item.id,
        approve: true,
      });
      const second = await ask([user, first, yes(first)]);
      expect(second).toMatchObject({ type: "mcp_approval_request", arguments: '{"file":"b"}' });
      const third = await ask([user, first, yes(first), second, yes(second)]);
      expect(third.content[0].text).toMatch(/deleted$/);
    }
  });

  test("R66 an answer to nothing is refused", async () => {
    const { agent } = careful();
    await using served = await serve({ agents: agent });
    const lone = { type: "mcp_approval_response", approval_request_id: "mcpr_x", approve: true };
    const refused = await postJson(`${served.url}/responses`, { input: [lone] });
    expect(refused).toMatchObject({ status: 400, body: { error: { param: "input" } } });
  });
});

describe("R67 steps", () => {
  test("R67 run once a run, share what runs, and try again what failed", async () => {
    let calls = 0;
    const agent = invoke(async (_request, { step }) => {
      const one = () => step("one", async () => ++calls);
      const both = await Promise.all([one(), one()]);
      await step("bad", () => {
        throw new Error("once");
      }).catch(() => {});
      const again = await step("bad", () => "fine");
      const nothing = await step("nothing", () => undefined);
      const wrong = await step("", () => 1).catch((error: unknown) => (error as Error).name);
      return JSON.stringify([both, again, nothing ?? null, wrong]);
    });
    await using served = await serve({ agents: agent });
    for (const store of [true, false]) {
      calls = 0;
      const { output } = await create(served.url, { input: "hi", store });
      expect(JSON.parse(output[0].content[0].text)).toEqual([[1, 1], "fine", null, "TypeError"]);
    }
  });
});
