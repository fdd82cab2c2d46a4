import { createRegistry, ev, invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  DONE,
  events,
  H,
  IN,
  json,
  looseInvoke,
  memoryLogger,
  MESSAGE,
  message,
  post,
  S,
  serve,
} from "./support/index.js";

describe("what an invoke handler returns", () => {
  test("B5 is the answer of /invocations, with nothing added", async () => {
    await using served = await serve({ agents: H });
    const response = await post(`${served.url}/invocations`, IN);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await json(response)).toEqual({ output: [MESSAGE] });
  });

  test("B5 further keys of the handler's object stay", async () => {
    const result = { id: "mine", output: [MESSAGE], custom_outputs: { a: [1] }, extra: null };
    await using served = await serve({ agents: invoke(async () => result) });
    const response = await post(`${served.url}/invocations`, IN);
    expect(await json(response)).toEqual(result);
  });

  test("B5 text becomes MLflow's sparse form", async () => {
    await using served = await serve({ agents: invoke(() => "hello") });
    const body = await json(await post(`${served.url}/invocations`, IN));
    expect(Object.keys(body)).toEqual(["output"]);
    expect(body["output"]).toMatchObject([
      {
        type: "message",
        id: expect.any(String),
        role: "assistant",
        content: [{ type: "output_text", text: "hello" }],
      },
    ]);
  });

  test("B5 parts become items, and usage is kept", async () => {
    const agent = invoke(() => [ev.call("c1", "f", {}), ev.usage(2, 3)]);
    await using served = await serve({ agents: agent });
    const body = await json(await post(`${served.url}/invocations`, IN));
    expect(body["output"]).toMatchObject([
      { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
    ]);
    expect(body["usage"]).toMatchObject({ input_tokens: 2, output_tokens: 3, total_tokens: 5 });
  });

  for (const path of ["/responses", "/v1/responses"]) {
    test(`B6 is inside the full response object on ${path}`, async () => {
      await using served = await serve({ agents: H });
      const response = await post(`${served.url}${path}`, IN);
      expect(response.status).toBe(200);
      const body = await json(response);
      expect(body).toMatchObject({
        object: "response",
        status: "completed",
        error: null,
        incomplete_details: null,
        output: [MESSAGE],
      });
      expect(body["id"]).toMatch(/^resp_[0-9a-f]{24}$/);
    });
  }

  test("B6 items get the ids and statuses they lack", async () => {
    const agent = invoke(() => ({
      output: [
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "a" }] },
        { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
        { type: "reasoning", summary: [{ type: "summary_text", text: "why" }] },
      ],
    }));
    await using served = await serve({ agents: agent });
    const { output } = await json(await post(`${served.url}/responses`, IN));
    expect(output).toMatchObject([
      { type: "message", status: "completed", content: [{ text: "a", annotations: [] }] },
      { type: "function_call", status: "completed", call_id: "c1", name: "f", arguments: "{}" },
      { type: "reasoning", summary: [{ type: "summary_text", text: "why" }] },
    ]);
    const ids = output.map((item: { id: unknown }) => item.id);
    for (const id of ids) expect(id).toMatch(/./);
    expect(new Set(ids).size).toBe(3);
  });

  test.each([
    ["null", null],
    ["undefined", undefined],
    ["a number", 42],
    ["not a number", Number.NaN],
    ["true", true],
    ["false", false],
    ["an object without output", { foo: 1 }],
    ["an empty object", {}],
    ["an output that is no list", { output: { type: "message" } }],
    ["an output of null", { output: null }],
  ])("B28 %s is 500", async (_, result) => {
    await using served = await serve({ agents: looseInvoke(() => result) });
    const response = await post(`${served.url}/invocations`, IN);
    expect(response.status).toBe(500);
    const body = await json(response);
    expect(body["detail"]).toMatch(/^Invalid data for ResponsesAgentResponse: ./);
    expect(body["message"]).toBe(body["detail"]);
  });

  test.each([[{ type: "nope" }], [MESSAGE, { type: "nope" }], [null], ["x"], [{}]])(
    "B29 the output %j, %j is 500",
    async (...output) => {
      const given = output.filter((item) => item !== undefined);
      await using served = await serve({ agents: looseInvoke(() => ({ output: given })) });
      const response = await post(`${served.url}/invocations`, IN);
      expect(response.status).toBe(500);
      expect((await json(response))["detail"]).toMatch(
        /^Invalid data for ResponsesAgentResponse: ./,
      );
    },
  );

  test.each([["x"], [5], [true], [null], [undefined]])(
    "B30 a base agent that returns %j is 500",
    async (result) => {
      await using served = await serve({ agents: looseInvoke(() => result), agentType: null });
      const response = await post(`${served.url}/invocations`, {});
      expect(response.status).toBe(500);
      expect((await json(response))["detail"]).toMatch(/^Result needs to be a/);
    },
  );
});

describe("a half that is missing", () => {
  const neither = { registry: "none" } as const;
  const onlyStream = stream({ derive: false }, async function* only() {
    yield DONE;
  });
  const onlyInvoke = invoke({ derive: false }, () => ({ output: [MESSAGE] }));

  for (const agentType of ["ResponsesAgent", null] as const) {
    test.each([
      ["neither handler", neither],
      ["a stream that may not be derived from", onlyStream],
    ])(`B23 %s: no invoke function (agentType ${agentType})`, async (_, agents) => {
      const given = agents === neither ? { registry: createRegistry() } : { agents };
      await using served = await serve({ ...given, agentType });
      const response = await post(`${served.url}/invocations`, IN);
      expect(response.status).toBe(500);
      expect((await json(response))["detail"]).toBe("No invoke function registered");
    });

    test.each([
      ["neither handler", neither],
      ["an invoke that may not be derived from", onlyInvoke],
    ])(`B24 %s: no stream function, in JSON (agentType ${agentType})`, async (_, agents) => {
      const given = agents === neither ? { registry: createRegistry() } : { agents };
      await using served = await serve({ ...given, agentType });
      const response = await post(`${served.url}/invocations`, { ...IN, stream: true });
      expect(response.status).toBe(500);
      expect((await json(response))["detail"]).toBe("No stream function registered");
    });
  }

  test("B23 /responses says the same in its own form", async () => {
    await using served = await serve({ agents: onlyStream });
    const response = await post(`${served.url}/responses`, IN);
    expect(response.status).toBe(500);
    expect(await json(response)).toMatchObject({
      error: { message: "No invoke function registered", type: "server_error" },
      detail: "No invoke function registered",
    });
  });

  test("B24a a stream handler alone gives the reduced response", async () => {
    await using served = await serve({ agents: S });
    const response = await post(`${served.url}/invocations`, IN);
    expect(response.status).toBe(200);
    expect((await json(response))["output"]).toEqual([MESSAGE]);
    const full = await json(await post(`${served.url}/responses`, IN));
    expect(full).toMatchObject({ status: "completed", output: [MESSAGE] });
  });

  test("B24a a stream of strings alone gives one message", async () => {
    const agent = stream(async function* words() {
      yield "Hel";
      yield "lo";
    });
    await using served = await serve({ agents: agent });
    for (const path of ["/invocations", "/responses"]) {
      const body = await json(await post(`${served.url}${path}`, IN));
      expect(body["output"]).toMatchObject([{ type: "message", content: [{ text: "Hello" }] }]);
    }
  });

  test("B24a an invoke handler alone gives its output as events", async () => {
    const output = [message("one", "a"), message("two", "b")];
    await using served = await serve({ agents: invoke(() => ({ output })) });
    const sent = await events(await post(`${served.url}/invocations`, { ...IN, stream: true }));
    const done = sent.filter((event) => event["type"] === "response.output_item.done");
    expect(done.map((event) => event["item"])).toEqual(output);
    const full = await events(await post(`${served.url}/responses`, { ...IN, stream: true }));
    expect(full[0]).toMatchObject({ type: "response.created" });
    expect(full.at(-1)).toMatchObject({ type: "response.completed", response: { output } });
  });

  test("B24a a stream that fails makes the derived invoke fail", async () => {
    const agent = stream(async function* fails() {
      yield DELTA;
      throw new Error("boom");
    });
    await using served = await serve({ agents: agent, exposeErrors: true });
    const response = await post(`${served.url}/invocations`, IN);
    expect(response.status).toBe(500);
    expect((await json(response))["detail"]).toBe("boom");
  });
});

describe("a result that is not JSON", () => {
  const cyclic: Record<string, unknown> = { output: [] };
  cyclic["self"] = cyclic;
  const results: [string, () => unknown][] = [
    ["a cycle", () => cyclic],
    ["a BigInt", () => ({ output: [], n: 1n })],
    [
      "a getter that throws",
      () => ({
        output: [],
        get bad(): never {
          throw new Error("getter secret");
        },
      }),
    ],
    [
      "a toJSON that throws",
      () => ({
        output: [],
        bad: {
          toJSON: () => {
            throw new Error("toJSON secret");
          },
        },
      }),
    ],
    [
      "an output whose getter throws",
      () => ({
        get output(): never {
          throw new Error("getter secret");
        },
      }),
    ],
  ];

  for (const agentType of ["ResponsesAgent", null] as const) {
    test.each(results)(
      `B70 %s is 500 in JSON with a logged cause (agentType ${agentType})`,
      async (_, result) => {
        const logger = memoryLogger();
        await using served = await serve({
          agents: looseInvoke(() => result()),
          agentType,
          logger,
        });
        const response = await post(`${served.url}/invocations`, IN);
        expect(response.status).toBe(500);
        const body = await json(response);
        expect(body["detail"]).toEqual(expect.any(String));
        expect(JSON.stringify(body)).not.toContain("secret");
        expect(logger.lines.some((line) => line.level === "error")).toBe(true);
        expect((await fetch(`${served.url}/health`)).status).toBe(200);
      },
    );
  }

  test.each(results)("B70 %s in a stream ends it with an error", async (_, result) => {
    const agent = stream(async function* bad() {
      yield DONE;
      yield { type: "custom", data: result() };
    });
    await using served = await serve({ agents: agent, logger: memoryLogger() });
    const sent = await events(await post(`${served.url}/invocations`, { ...IN, stream: true }));
    expect(sent[0]).toEqual(DONE);
    expect(sent.slice(1)).toEqual([{ error: expect.any(String) }]);
    expect(JSON.stringify(sent)).not.toContain("secret");
  });

  test.each(results)("B70 %s on /responses is 500 in the error envelope", async (_, result) => {
    const agent = invoke(() => ({ output: [], custom_outputs: { bad: result() } }));
    await using served = await serve({ agents: agent, logger: memoryLogger() });
    const response = await post(`${served.url}/responses`, IN);
    expect(response.status).toBe(500);
    expect((await json(response))["error"]["type"]).toBe("server_error");
  });
});
