import { ev, invoke, stream } from "@wheelhouse/agent-sdk";
import type { ServerTools } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import {
  IN,
  json,
  post,
  serve,
  events,
  STREAM,
  streamed,
  yielding,
  type Json,
} from "./support/index.js";

describe("kinds of items", () => {
  const CALL_TYPES = [
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
  ];

  test.each<[string, unknown]>([
    ["a part", ev.call("c1", "weather", { city: "Bern" })],
    [
      "a raw item",
      {
        type: "response.output_item.done",
        item: {
          type: "function_call",
          call_id: "c1",
          name: "weather",
          arguments: '{"city":"Bern"}',
        },
      },
    ],
  ])("R26 a function call given as %s has the life cycle of its arguments", async (_, given) => {
    const { types, events: all, final } = await yielding(given);
    expect(types.slice(2, -1)).toEqual(CALL_TYPES);
    expect(all[2]!["item"]).toMatchObject({ call_id: "c1", name: "weather", arguments: "" });
    expect(final["output"]).toMatchObject([
      {
        type: "function_call",
        call_id: "c1",
        name: "weather",
        arguments: '{"city":"Bern"}',
        status: "completed",
      },
    ]);
    expect(final["output"][0].id).not.toBe("");
  });

  test("R26 pieces of arguments of two calls may alternate", async () => {
    const { final } = await yielding(
      ev.callArgs("c1", '{"a"', "f"),
      ev.callArgs("c2", '{"b"', "g"),
      ev.callArgs("c1", ":1}"),
      ev.callArgs("c2", ":2}"),
    );
    expect(final["output"]).toMatchObject([
      { call_id: "c1", name: "f", arguments: '{"a":1}' },
      { call_id: "c2", name: "g", arguments: '{"b":2}' },
    ]);
  });

  test("R27 reasoning is a summary with its parts", async () => {
    const { types, final } = await yielding(ev.reasoning("be"), ev.reasoning("cause"), "answer");
    expect(types.slice(2, 9)).toEqual([
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
    ]);
    expect(final["output"]).toMatchObject([
      { type: "reasoning", summary: [{ type: "summary_text", text: "because" }] },
      { type: "message", content: [{ text: "answer" }] },
    ]);
    expect(final["output"][0]["encrypted_content"]).not.toBeNull();
  });

  test("R28 a refusal is a content part of its own", async () => {
    const { types, final } = await yielding(ev.refusal("I will "), ev.refusal("not."));
    expect(types.filter((type) => type.startsWith("response.refusal."))).toEqual([
      "response.refusal.delta",
      "response.refusal.delta",
      "response.refusal.done",
    ]);
    expect(final["output"]).toMatchObject([
      { type: "message", content: [{ type: "refusal", refusal: "I will not." }] },
    ]);
  });

  test("R29 a citation is an event and stays in the text's annotations", async () => {
    const { events: all, final } = await yielding(
      "See the docs.",
      ev.cite("https://example.org/", "Docs", [0, 12]),
    );
    const annotation = {
      type: "url_citation",
      url: "https://example.org/",
      title: "Docs",
      start_index: 0,
      end_index: 12,
    };
    const added = all.filter(({ type }) => type === "response.output_text.annotation.added");
    expect(added).toMatchObject([{ annotation_index: 0, annotation }]);
    expect(final["output"][0].content[0].annotations).toEqual([annotation]);
  });
});

describe("tools that the agent ran itself", () => {
  const parts = [
    ev.call("c1", "weather", { city: "Bern" }),
    ev.result("c1", "sunny"),
    "It is sunny.",
  ];
  /** The same in MLflow's habit: raw items, the second without id and status. */
  const raw = [
    {
      type: "response.output_item.done",
      item: {
        type: "function_call",
        id: "fc1",
        call_id: "c1",
        name: "weather",
        arguments: '{"city":"Bern"}',
      },
    },
    {
      type: "response.output_item.done",
      item: { type: "function_call_output", call_id: "c1", output: "sunny" },
    },
    "It is sunny.",
  ];
  const pair = [
    {
      type: "function_call",
      call_id: "c1",
      name: "weather",
      arguments: '{"city":"Bern"}',
    },
    { type: "function_call_output", call_id: "c1", output: "sunny" },
  ];
  const mcpCall = [
    {
      type: "mcp_call",
      name: "weather",
      arguments: '{"city":"Bern"}',
      output: "sunny",
      server_label: expect.stringMatching(/./),
    },
  ];
  const forms: Record<ServerTools, object[]> = { pair, mcp_call: mcpCall, hidden: [] };

  /** The items before the closing message. */
  const before = (output: Json[]): Json[] => {
    expect(output.at(-1)).toMatchObject({ type: "message", content: [{ text: "It is sunny." }] });
    return output.slice(0, -1);
  };

  const cases: [ServerTools | undefined, ServerTools, ServerTools][] = [
    [undefined, "mcp_call", "pair"],
    ["pair", "pair", "pair"],
    ["mcp_call", "mcp_call", "mcp_call"],
    ["hidden", "hidden", "hidden"],
  ];

  for (const [serverTools, onResponses, onInvocations] of cases) {
    const options = serverTools === undefined ? {} : { serverTools };
    const agentOf = (given: readonly unknown[]) =>
      stream(options, async function* ran() {
        yield* given as never[];
      });

    test(`R24 serverTools ${serverTools}: ${onResponses} on /responses`, async () => {
      for (const given of [parts, raw]) {
        const { final } = await streamed(agentOf(given));
        const shown = before(final["output"]);
        expect(shown).toMatchObject(forms[onResponses]);
        for (const item of shown) expect(item).toMatchObject({ id: expect.stringMatching(/./) });
        // A mcp_call has no required status; every other item has one.
        const needy = shown.filter((item) => item["type"] !== "mcp_call");
        expect(needy.filter((item) => item["status"] !== "completed")).toEqual([]);
        expect(shown).toHaveLength(forms[onResponses].length);
      }
    });

    test(`R24 serverTools ${serverTools}: ${onResponses} in the answer that is not streamed`, async () => {
      await using served = await serve({ agents: agentOf(parts) });
      const { output } = await json(await post(`${served.url}/responses`, IN));
      const shown = before(output);
      expect(shown).toMatchObject(forms[onResponses]);
      expect(shown).toHaveLength(forms[onResponses].length);
    });

    test(`R24 serverTools ${serverTools}: ${onInvocations} on /invocations`, async () => {
      await using served = await serve({ agents: agentOf(parts) });
      const sent = await events(await post(`${served.url}/invocations`, STREAM));
      const done = sent.filter(({ type }) => type === "response.output_item.done");
      const shown = before(done.map((event) => event["item"]));
      expect(shown).toMatchObject(forms[onInvocations]);
      expect(shown).toHaveLength(forms[onInvocations].length);
    });
  }

  test("R24 a call without a result stays the client's to run", async () => {
    const { final } = await yielding(
      ev.call("c1", "mine", {}),
      ...parts.slice(1, 2),
      ev.call("c2", "yours", {}),
    );
    expect(final["output"].map((item: Json) => item["type"])).toEqual([
      "mcp_call",
      "function_call",
    ]);
    expect(final["output"][1]).toMatchObject({ call_id: "c2", name: "yours" });
  });

  test("R24 a failed tool shows its error", async () => {
    const { final } = await yielding(
      ev.call("c1", "weather", {}),
      ev.result("c1", "no such city", { isError: true }),
    );
    expect(final["output"]).toMatchObject([{ type: "mcp_call", error: "no such city" }]);
  });

  test("R24 in what an invoke returns too", async () => {
    const agent = invoke(() => [
      ev.call("c1", "weather", { city: "Bern" }),
      ev.result("c1", "sunny"),
      ev.text("It is sunny."),
    ]);
    await using served = await serve({ agents: agent });
    const full = await json(await post(`${served.url}/responses`, IN));
    expect(before(full["output"])).toMatchObject(mcpCall);
    const sparse = await json(await post(`${served.url}/invocations`, IN));
    expect(before(sparse["output"])).toMatchObject(pair);
  });
});
