import { ev, invoke, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import OpenAI, { NotFoundError } from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import type {
  ResponseInputItem,
  ResponseOutputItem,
  ResponseOutputMessage,
} from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  cityAsJson,
  forecaster,
  greeter,
  GREETING_TEXT,
  librarian,
  thinker,
  THOUGHT,
} from "./support/agents.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

const MODEL = "agent";

function message(output: readonly ResponseOutputItem[]): ResponseOutputMessage {
  const found = output.find((item) => item.type === "message");
  if (found === undefined) throw new Error(`no message in ${JSON.stringify(output)}`);
  return found;
}

describe("openai: responses.create", () => {
  test("B67 a list as input gives id, object, created_at and status", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const response = await client.responses.create({
      model: MODEL,
      input: [{ role: "user", content: "hi" }],
    });
    expect(response.id).toMatch(/^resp_/);
    expect(response.object).toBe("response");
    expect(Number.isInteger(response.created_at)).toBe(true);
    expect(Math.abs(response.created_at - Date.now() / 1000)).toBeLessThan(60);
    expect(response.status).toBe("completed");
    expect(response.error).toBeNull();
    expect(response.output_text).toBe(GREETING_TEXT);
    expect(response.model).toBe(MODEL);
  });

  test("B21 a string as input reaches the agent as one user message", async () => {
    const seen: AgentRequest[] = [];
    const client = openaiClient(
      await serveAgents(
        invoke((request) => {
          seen.push(request);
          return `You said ${request.input_text}`;
        }),
      ),
    );
    const response = await client.responses.create({ model: MODEL, input: "good day" });
    expect(response.output_text).toBe("You said good day");
    expect(seen.map(({ input }) => input)).toMatchObject([[{ role: "user" }]]);
  });

  test("B67 every item of the output has an id and a status", async () => {
    const client = openaiClient(await serveAgents(librarian));
    const response = await client.responses.create({ model: MODEL, input: "hi" });
    expect(response.output.length).toBeGreaterThan(1);
    for (const item of response.output) {
      expect(item).toMatchObject({ id: expect.stringMatching(/./), status: "completed" });
    }
    expect(new Set(response.output.map((item) => item.id)).size).toBe(response.output.length);
  });

  test("the request id of the header is _request_id, and differs between requests", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const ask = () => client.responses.create({ model: MODEL, input: "hi" }).withResponse();
    const [first, second] = await Promise.all([ask(), ask()]);
    expect(first.request_id).toMatch(/./);
    expect(first.response.headers.get("x-request-id")).toBe(first.request_id);
    expect(first.data).toMatchObject({ _request_id: first.request_id });
    expect(second.request_id).not.toBe(first.request_id);
    expect(second.data.id).not.toBe(first.data.id);
  });

  test.each(["", "/", "/v1", "/v1/"])("the base URL may end with %j", async (end) => {
    const client = new OpenAI({ baseURL: `${await serveAgents(greeter)}${end}`, apiKey: "none" });
    const response = await client.responses.create({ model: MODEL, input: "hi" });
    expect(response.output_text).toBe(GREETING_TEXT);
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(["agent"]);
  });

  test("usage adds up and has its details", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const { usage } = await client.responses.create({ model: MODEL, input: "hi" });
    expect(usage).toMatchObject({
      input_tokens: 11,
      output_tokens: 7,
      total_tokens: 18,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    });
  });

  test("instructions, metadata, tools and sampling come back as they were sent, and reach the agent", async () => {
    const seen: AgentRequest[] = [];
    const client = openaiClient(
      await serveAgents(
        invoke((request) => {
          seen.push(request);
          return "ok";
        }),
      ),
    );
    const sent = {
      instructions: "Be brief.",
      metadata: { ticket: "17" },
      temperature: 0.25,
      max_output_tokens: 99,
      tool_choice: "auto" as const,
      parallel_tool_calls: false,
    };
    const tool = { type: "function" as const, name: "f", parameters: { type: "object" } };
    const response = await client.responses.create({
      model: MODEL,
      input: "hi",
      ...sent,
      tools: [{ ...tool, strict: null }],
    });
    expect(response).toMatchObject({ ...sent, tools: [tool] });
    expect(seen).toMatchObject([{ ...sent, tools: [tool] }]);
  });

  test("images, files and a long history reach the agent unchanged", async () => {
    const seen: AgentRequest[] = [];
    const client = openaiClient(
      await serveAgents(
        invoke((request) => {
          seen.push(request);
          return "ok";
        }),
      ),
    );
    const content = [
      { type: "input_text" as const, text: "look" },
      {
        type: "input_image" as const,
        detail: "auto" as const,
        image_url: "data:image/png;base64,AA==",
      },
      {
        type: "input_file" as const,
        filename: "a.txt",
        file_data: `data:text/plain;base64,${"QUFB".repeat(500_000)}`,
      },
    ];
    await client.responses.create({ model: MODEL, input: [{ role: "user", content }] });
    expect(seen[0]?.input).toMatchObject([{ role: "user", content }]);
  });

  test("an answer that the author cut short is incomplete, with its reason", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* cutShort() {
          yield "It began";
          yield ev.incomplete("max_output_tokens");
        }),
      ),
    );
    const response = await client.responses.create({ model: MODEL, input: "hi" });
    expect(response.status).toBe("incomplete");
    expect(response.incomplete_details).toEqual({ reason: "max_output_tokens" });
    expect(response.output_text).toBe("It began");
    expect(message(response.output).status).toBe("incomplete");
  });
});

describe("openai: what an output can hold", () => {
  test("reasoning comes before the answer, as a summary", async () => {
    const client = openaiClient(await serveAgents(thinker));
    const response = await client.responses.create({ model: MODEL, input: "2+2?" });
    expect(response.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
    expect(response.output[0]).toMatchObject({
      summary: [{ type: "summary_text", text: THOUGHT }],
    });
    expect(response.output_text).toBe("4");
  });

  test("a refusal is a refusal and not text", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* refuser() {
          yield ev.refusal("I will ");
          yield ev.refusal("not.");
        }),
      ),
    );
    const response = await client.responses.create({ model: MODEL, input: "hi" });
    expect(message(response.output).content).toEqual([{ type: "refusal", refusal: "I will not." }]);
    expect(response.output_text).toBe("");
  });

  test("a citation annotates the text before it", async () => {
    const client = openaiClient(
      await serveAgents(
        stream(async function* scholar() {
          yield "Water boils at 100 °C.";
          yield ev.cite("https://example.com/water", "Water", [0, 11]);
        }),
      ),
    );
    const response = await client.responses.create({ model: MODEL, input: "hi" });
    expect(message(response.output).content).toMatchObject([
      {
        type: "output_text",
        text: "Water boils at 100 °C.",
        annotations: [
          {
            type: "url_citation",
            url: "https://example.com/water",
            title: "Water",
            start_index: 0,
            end_index: 11,
          },
        ],
      },
    ]);
  });

  test("a tool that the server ran is one mcp_call, and nothing the client would run", async () => {
    const client = openaiClient(await serveAgents(librarian));
    const response = await client.responses.create({ model: MODEL, input: "hi" });
    expect(response.output.map(({ type }) => type)).toEqual(["mcp_call", "message"]);
    expect(response.output[0]).toMatchObject({ name: "lookup", output: "42" });
    expect(JSON.parse((response.output[0] as { arguments: string }).arguments)).toEqual({
      topic: "answer",
    });
  });
});

describe("openai: functions of the client", () => {
  const weather = zodResponsesFunction({
    name: "get_weather",
    parameters: z.object({ city: z.string() }),
  });

  test("a call goes out, its output comes back in, and the agent answers", async () => {
    const client = openaiClient(await serveAgents(forecaster));
    const input: ResponseInputItem[] = [{ role: "user", content: "Weather?" }];
    const first = await client.responses.create({ model: MODEL, input, tools: [weather] });
    expect(first.status).toBe("completed");
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error(`unexpected ${JSON.stringify(call)}`);
    expect(call).toMatchObject({ name: "get_weather", status: "completed" });
    expect(JSON.parse(call.arguments)).toEqual({ city: "Paris" });

    const second = await client.responses.create({
      model: MODEL,
      input: [
        ...input,
        ...(first.output as ResponseInputItem[]),
        { type: "function_call_output", call_id: call.call_id, output: "sunny" },
      ],
      tools: [weather],
    });
    expect(second.output_text).toBe("The weather is sunny.");
  });

  test("a function's output may be a list of parts", async () => {
    const client = openaiClient(await serveAgents(forecaster));
    const response = await client.responses.create({
      model: MODEL,
      input: [
        { type: "function_call", call_id: "c", name: "get_weather", arguments: "{}" },
        {
          type: "function_call_output",
          call_id: "c",
          output: [{ type: "input_text", text: "wet" }],
        },
      ],
    });
    expect(response.output_text).toContain('"text":"wet"');
  });

  test("responses.parse reads the arguments of a call", async () => {
    const client = openaiClient(await serveAgents(forecaster));
    const response = await client.responses.parse({ model: MODEL, input: "?", tools: [weather] });
    expect(response.output).toMatchObject([{ parsed_arguments: { city: "Paris" } }]);
  });
});

describe("openai: responses.parse", () => {
  const City = z.object({ city: z.string(), population: z.number() });

  test("JSON text is parsed by the schema, which the agent sees and the response repeats", async () => {
    const seen: AgentRequest[] = [];
    const answer = invoke((request) => {
      seen.push(request);
      return '{"city":"Paris","population":2100000}';
    });
    const client = openaiClient(await serveAgents(answer));
    const format = zodTextFormat(City, "city");
    const response = await client.responses.parse({ model: MODEL, input: "?", text: { format } });
    expect(response.output_parsed).toEqual({ city: "Paris", population: 2_100_000 });
    const expected = { type: "json_schema", name: "city", schema: format.schema };
    expect(response.text?.format).toMatchObject(expected);
    expect(seen).toMatchObject([{ text: { format: expected } }]);
  });

  test("the streaming helper parses it too", async () => {
    const client = openaiClient(await serveAgents(cityAsJson));
    const final = await client.responses
      .stream({ model: MODEL, input: "?", text: { format: zodTextFormat(City, "city") } })
      .finalResponse();
    expect(final.output_parsed).toEqual({ city: "Paris", population: 2_100_000 });
  });
});

describe("openai: models", () => {
  const named = (name: string) => invoke({ name }, () => `I am ${name}.`);

  test("models.list names the agents, and model chooses one", async () => {
    const client = openaiClient(await serveAgents([named("billing"), named("support")]));
    const ids: string[] = [];
    for await (const model of client.models.list()) {
      expect(model.object).toBe("model");
      ids.push(model.id);
    }
    expect(ids.toSorted()).toEqual(["billing", "support"]);
    const response = await client.responses.create({ model: "support", input: "who?" });
    expect(response.output_text).toBe("I am support.");
    expect(response.model).toBe("support");
  });

  test("the only agent answers whatever the model is called", async () => {
    const client = openaiClient(await serveAgents(named("billing")));
    const response = await client.responses.create({ model: "gpt-x", input: "who?" });
    expect(response.output_text).toBe("I am billing.");
  });

  test("an unknown model among several is a NotFoundError that names the choices", async () => {
    const client = openaiClient(await serveAgents([named("billing"), named("support")]));
    const error = await client.responses.create({ model: "sales", input: "?" }).catch(String);
    expect(error).toContain("billing");
    expect(error).toContain("support");
    await expect(client.responses.create({ model: "sales", input: "?" })).rejects.toMatchObject({
      constructor: NotFoundError,
      status: 404,
      code: "model_not_found",
    });
  });
});
