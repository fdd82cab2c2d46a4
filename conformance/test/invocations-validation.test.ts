import { invoke } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { H, IN, json, post, S, serve } from "./support/index.js";

const INVALID_JSON = /^Invalid JSON in request body: ./;
const INVALID_PARAMETERS = /^Invalid parameters for ResponsesAgent: ./;

/** An agent that keeps the requests it is given, as JSON would show them. */
function recorder() {
  const seen: unknown[] = [];
  const agent = invoke((request) => {
    seen.push(JSON.parse(JSON.stringify(request)));
    return { output: [] };
  });
  return { agent, seen };
}

async function expectRefused(body: unknown, detail: RegExp, path = "/invocations"): Promise<void> {
  const { agent, seen } = recorder();
  await using served = await serve({ agents: agent });
  const response = await post(`${served.url}${path}`, body);
  expect(response.status).toBe(400);
  const answer = await json(response);
  expect(answer["detail"]).toMatch(detail);
  expect(answer["message"]).toBe(answer["detail"]);
  expect(seen).toEqual([]);
}

async function expectSeen(body: object): Promise<Record<string, unknown>> {
  const { agent, seen } = recorder();
  await using served = await serve({ agents: agent });
  const response = await post(`${served.url}/invocations`, body);
  expect(await json(response)).toEqual({ output: [] });
  expect(response.status).toBe(200);
  expect(seen).toHaveLength(1);
  return seen[0] as Record<string, unknown>;
}

describe("a body that is not JSON", () => {
  test.each(["notjson", '{"input":[', '{"input":[]}}', "{'input':[]}", '{"input":[],}'])(
    "B9 %j is 400",
    (body) => expectRefused(body, INVALID_JSON),
  );

  test("B9 a body that is not UTF-8 is 400", () =>
    expectRefused(
      Buffer.concat([
        Buffer.from('{"input":[{"role":"user","content":"'),
        Buffer.from([0xff, 0xfe, 0xc3]),
        Buffer.from('"}]}'),
      ]),
      INVALID_JSON,
    ));

  test.each(["", "  \r\n"])("B10 the empty body %j is 400", (body) =>
    expectRefused(body, INVALID_JSON),
  );

  test("B9 a base agent refuses it too", async () => {
    await using served = await serve({ agents: H, agentType: null });
    const response = await post(`${served.url}/invocations`, "notjson");
    expect(response.status).toBe(400);
    expect((await json(response))["detail"]).toMatch(INVALID_JSON);
  });
});

describe("a body that is JSON but no object", () => {
  for (const path of ["/invocations", "/responses"]) {
    test.each(["[1,2]", '"x"', "null", "5", "true", "[]"])(
      `B11 POST ${path} %s is 400 in JSON`,
      (body) => expectRefused(body, /./, path),
    );
  }

  test.each(["[1,2]", '"x"', "null", "5"])("B11 %s to a base agent is 400", async (body) => {
    await using served = await serve({ agents: H, agentType: null });
    const response = await post(`${served.url}/invocations`, body);
    expect(response.status).toBe(400);
    expect((await json(response))["detail"]).toEqual(expect.any(String));
  });
});

describe("input", () => {
  test.each([{}, { input: null }, { input: {} }, { input: 5 }, { messages: [] }])(
    "B12 %j is 400",
    (body) => expectRefused(body, INVALID_PARAMETERS),
  );

  test("B21 a string stays 400 on /invocations", () =>
    expectRefused({ input: "hello" }, INVALID_PARAMETERS));

  test.each([
    { role: "tool", content: "x" },
    { role: "User", content: "x" },
    { role: null, content: "x" },
    { content: "x" },
    { role: "user" },
    { role: "user", content: null },
    { role: "user", content: 5 },
    { role: "user", content: "x", status: "done" },
  ])("B13 the message %j is 400", (item) => expectRefused({ input: [item] }, INVALID_PARAMETERS));

  test.each([
    { type: "nope", text: "x" },
    { type: "input_audio", input_audio: {} },
    { type: "text", text: "x" },
    { text: "x" },
    { type: "input_text" },
    { type: 5 },
    "x",
    null,
  ])("B14 the content part %j is 400", (part) =>
    expectRefused({ input: [{ role: "user", content: [part] }] }, INVALID_PARAMETERS),
  );

  test("B14 the three known content parts reach the handler", async () => {
    const content = [
      { type: "input_text", text: "look" },
      { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "auto" },
      { type: "input_file", filename: "a.txt", file_data: "QQ==" },
    ];
    const request = await expectSeen({ input: [{ role: "user", content }] });
    expect(request["input"]).toMatchObject([{ role: "user", content }]);
  });

  test("B15 a function call and its string output reach the handler", async () => {
    const input = [
      { role: "user", content: "weather?" },
      { type: "function_call", call_id: "c1", name: "weather", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "sunny" },
    ];
    expect((await expectSeen({ input }))["input"]).toMatchObject(input);
  });

  test.each([
    { type: "function_call_output", call_id: "c1" },
    { type: "function_call_output", output: "x" },
    { type: "function_call", call_id: "c1", name: "f" },
  ])("B15 the incomplete item %j is 400", (item) =>
    expectRefused({ input: [item] }, INVALID_PARAMETERS),
  );

  test.each([{ type: "nope" }, { type: 5 }, { type: "" }, {}, "x", 5, null, []])(
    "B16 the item %j is 400",
    (item) => expectRefused({ input: [item] }, INVALID_PARAMETERS),
  );

  test("B16 the error of a later item names its place", async () => {
    await using served = await serve({ agents: H });
    const input = [...IN.input, { role: "tool", content: "x" }];
    const response = await post(`${served.url}/invocations`, { input });
    expect((await json(response))["detail"]).toContain("input[1]");
  });

  test("B12 an empty list is accepted", async () => {
    expect((await expectSeen({ input: [] }))["input"]).toEqual([]);
  });
});

describe("other fields", () => {
  test("B17 model, store and unknown keys are no error", async () => {
    const request = await expectSeen({
      ...IN,
      model: "chat-model",
      store: true,
      databricks_options: { return_trace: true },
      nonsense: [1, { a: null }],
    });
    expect(request).not.toHaveProperty("stream");
  });

  test.each([{ a: 1 }, { a: null }, { a: {} }, [], "x", 5])("B18 metadata %j is 400", (metadata) =>
    expectRefused({ ...IN, metadata }, INVALID_PARAMETERS),
  );

  test("B18 metadata of strings reaches the handler", async () => {
    const metadata = { a: "b", "": "c" };
    expect((await expectSeen({ ...IN, metadata }))["metadata"]).toEqual(metadata);
  });

  test("B19 custom_inputs and context reach the handler unchanged", async () => {
    const custom_inputs = { thread_id: "t", deep: { list: [1, null, "ü", { x: false }] }, "": 0 };
    const context = { conversation_id: "c", user_id: "u" };
    const seen: unknown[] = [];
    const agent = invoke((request) => {
      seen.push(structuredClone(request.custom_inputs), structuredClone(request.context));
      return { output: [] };
    });
    await using served = await serve({ agents: agent });
    for (const path of ["/invocations", "/responses"]) {
      await post(`${served.url}${path}`, { ...IN, custom_inputs, context });
      expect(seen.splice(0)).toEqual([custom_inputs, context]);
    }
  });

  test.each([{ conversation_id: 5 }, { user_id: 5 }, { conversation_id: ["c"] }, "c", 5, []])(
    "B20 context %j is 400",
    (context) => expectRefused({ ...IN, context }, INVALID_PARAMETERS),
  );

  test.each([5, "x", []])("B19 custom_inputs %j is 400", (custom_inputs) =>
    expectRefused({ ...IN, custom_inputs }, INVALID_PARAMETERS),
  );
});

describe("stream", () => {
  for (const agentType of ["ResponsesAgent", null] as const) {
    test.each(["false", "true", "", 1, 0, {}, []])(
      `B34 stream %j is 400 (agentType ${agentType})`,
      async (value) => {
        await using served = await serve({ agents: [H, S], agentType });
        const response = await post(`${served.url}/invocations`, { ...IN, stream: value });
        expect(response.status).toBe(400);
        expect((await json(response))["detail"]).toContain("stream");
      },
    );
  }

  test.each(["false", 1, {}])("B34 stream %j is 400 on /responses", async (value) => {
    await using served = await serve({ agents: [H, S] });
    const response = await post(`${served.url}/responses`, { ...IN, stream: value });
    expect(response.status).toBe(400);
    expect((await json(response))["error"]["param"]).toBe("stream");
  });

  for (const path of ["/invocations", "/responses"]) {
    test.each([null, false, undefined])(
      `B33 with stream %j the invoke handler answers ${path}`,
      async (value) => {
        let called = 0;
        const counted = invoke(() => {
          called += 1;
          return { output: [] };
        });
        await using served = await serve({ agents: [counted, S] });
        const response = await post(`${served.url}${path}`, { ...IN, stream: value });
        expect((await json(response))["output"]).toEqual([]);
        expect(called).toBe(1);
      },
    );
  }
});

describe("a base agent", () => {
  test.each([
    {},
    { a: 1 },
    { input: "text", context: 5, metadata: [1] },
    { messages: [{ role: "tool" }], stream: false },
    { custom_inputs: "x", text: 5, stream: null },
  ])("B22 sees %j as it is, without stream", async (body) => {
    const { agent, seen } = recorder();
    await using served = await serve({ agents: agent, agentType: null });
    const response = await post(`${served.url}/invocations`, body);
    expect(response.status).toBe(200);
    const { stream: _, ...wanted } = body as Record<string, unknown>;
    expect(seen).toEqual([wanted]);
  });

  test("B22 any object that it returns is the answer", async () => {
    const result = { a: 1, nested: { list: [null, "ü"] }, output: [{ type: "nope" }] };
    await using served = await serve({ agents: invoke(() => result), agentType: null });
    const response = await post(`${served.url}/invocations`, { x: 1 });
    expect(await json(response)).toEqual(result);
  });
});
