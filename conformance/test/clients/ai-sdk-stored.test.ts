import { createOpenResponses } from "@ai-sdk/open-responses";
import { createOpenAI, type OpenAILanguageModelResponsesOptions } from "@ai-sdk/openai";
import { ev, HttpError, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import {
  APICallError,
  generateText,
  isStepCount,
  type LanguageModel,
  type ModelMessage,
  Output,
  streamText,
  tool,
} from "ai";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { careful, cityAsJson } from "./support/agents.js";
import { createModelAgent, told } from "./support/model-agent.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

/** The provider, the URL that it sends to, and the bodies that it sent. */
interface Served {
  readonly model: LanguageModel;
  readonly url: string;
  readonly sent: { input: { type?: string; id?: string }[] }[];
}

/** Remembers the bodies of the requests that go through it. */
function spyFetch(sent: Served["sent"]): typeof fetch {
  return (input, init) => {
    sent.push(JSON.parse(init?.body as string) as Served["sent"][number]);
    return fetch(input, init);
  };
}

/** Both providers of the AI SDK: with its defaults the first refers to stored items, the second replays all. */
const PROVIDERS = [
  {
    provider: "@ai-sdk/openai",
    refers: true,
    modelOf: (url: string, sent: Served["sent"]): LanguageModel =>
      createOpenAI({ baseURL: `${url}/v1`, apiKey: "none", fetch: spyFetch(sent) }).responses(
        "agent",
      ),
  },
  {
    provider: "@ai-sdk/open-responses",
    refers: false,
    modelOf: (url: string, sent: Served["sent"]): LanguageModel =>
      createOpenResponses({
        name: "wheelhouse",
        url: `${url}/v1/responses`,
        fetch: spyFetch(sent),
      })("agent"),
  },
];

async function serveWith(
  modelOf: (typeof PROVIDERS)[number]["modelOf"],
  agents: unknown,
): Promise<Served> {
  const url = await serveAgents(agents);
  const sent: Served["sent"] = [];
  return { url, sent, model: modelOf(url, sent) };
}

const weatherTool = () => {
  const execute = vi.fn<(input: { location: string }) => string>(() => "sunny");
  const get_weather = tool({
    description: "The weather of a place",
    inputSchema: z.object({ location: z.string() }),
    execute,
  });
  return { execute, tools: { get_weather } };
};

/** Asks with `generateText` or `streamText`; gives the text and the messages to go on with. */
async function ask(
  how: "generateText" | "streamText",
  options: Parameters<typeof generateText>[0],
): Promise<{ text: string; messages: ModelMessage[] }> {
  const stopWhen = isStepCount(3);
  if (how === "generateText") {
    const result = await generateText({ ...options, stopWhen });
    return { text: result.text, messages: result.responseMessages };
  }
  const errors: unknown[] = [];
  const result = streamText({
    ...options,
    stopWhen,
    onError: ({ error }) => void errors.push(error),
  });
  await result.consumeStream();
  if (errors.length > 0) throw errors[0];
  return { text: await result.text, messages: await result.responseMessages };
}

/** An agent that thinks before each answer, and numbers its answers. */
function thinkingAgent() {
  const given: AgentRequest[] = [];
  const agent = stream(async function* thinks(request) {
    given.push(request);
    yield ev.reasoning(`thought ${given.length}`);
    yield `answer ${given.length}`;
  });
  return { agent, given };
}

// The SDK would print that reasoning without encrypted content is not replayed.
beforeAll(() => void vi.stubGlobal("AI_SDK_LOG_WARNINGS", false));
afterAll(() => void vi.unstubAllGlobals());

for (const { provider, refers, modelOf } of PROVIDERS)
  describe.each(["generateText", "streamText"] as const)(`ai with ${provider}: %s`, (how) => {
    test("R46 R47 three turns, each with all that was said", async () => {
      const { agent, given } = createModelAgent();
      const { model, sent } = await serveWith(modelOf, agent);
      const messages: ModelMessage[] = [];
      for (const content of ["one", "two", "three"]) {
        messages.push({ role: "user", content });
        const answer = await ask(how, { model, messages });
        expect(answer.text).toBe(`You said: ${content}`);
        messages.push(...answer.messages);
      }
      expect(told(given[2])).toEqual([
        "user: one",
        "assistant: You said: one",
        "user: two",
        "assistant: You said: two",
        "user: three",
      ]);
      const references = sent[2]!.input.filter(({ type }) => type === "item_reference");
      expect(references).toHaveLength(refers ? 2 : 0);
    });

    test("R46 R47 a tool of the client's, then another turn", async () => {
      const { agent, given } = createModelAgent();
      const { model } = await serveWith(modelOf, agent);
      const { execute, tools } = weatherTool();
      const messages: ModelMessage[] = [{ role: "user", content: "What is the weather?" }];
      const first = await ask(how, { model, messages, tools });
      expect(first.text).toBe("It is sunny.");
      expect(execute).toHaveBeenCalledOnce();
      expect(execute.mock.calls[0]![0]).toEqual({ location: "Paris" });
      messages.push(...first.messages, { role: "user", content: "And the weather tomorrow?" });
      const second = await ask(how, { model, messages, tools });
      expect(second.text).toBe("It is sunny.");
      expect(execute).toHaveBeenCalledTimes(2);
      messages.push(...second.messages, { role: "user", content: "Thanks" });
      expect((await ask(how, { model, messages, tools })).text).toBe("You said: Thanks");
      const turn = ["function_call", "function_call_output", "assistant: It is sunny."];
      expect(told(given.at(-1))).toEqual([
        "user: What is the weather?",
        ...turn,
        "user: And the weather tomorrow?",
        ...turn,
        "user: Thanks",
      ]);
    });

    test("R46 R47 reasoning of earlier turns", async () => {
      const { agent, given } = thinkingAgent();
      const { model, sent } = await serveWith(modelOf, agent);
      const messages: ModelMessage[] = [];
      for (const content of ["one", "two", "three"]) {
        messages.push({ role: "user", content });
        const answer = await ask(how, { model, messages });
        expect(answer.text).toBe(`answer ${given.length}`);
        messages.push(...answer.messages);
      }
      const said = told(given[2]);
      expect(said.filter((item) => item !== "reasoning")).toEqual([
        "user: one",
        "assistant: answer 1",
        "user: two",
        "assistant: answer 2",
        "user: three",
      ]);
      const references = sent[2]!.input.filter(({ type }) => type === "item_reference");
      expect(references).toHaveLength(refers ? 4 : 0);
      // Whole items stand where they were referred to; the other client sends them whole.
      const thoughts = given[2]!.input.filter(({ type }) => type === "reasoning");
      const summaries = ["thought 1", "thought 2"].map((text) => ({
        summary: [{ type: "summary_text", text }],
      }));
      expect(thoughts).toMatchObject(summaries);
    });

    test("R46 reasoning before a call, whose output comes in the next step", async () => {
      const given: AgentRequest[] = [];
      const agent = stream(async function* thinksAndCalls(request) {
        given.push(request);
        if (request.input.at(-1)?.type === "function_call_output") {
          yield "done";
          return;
        }
        yield ev.reasoning("I need the weather.");
        yield ev.call(`call_${given.length}`, "get_weather", { location: "Paris" });
      });
      const { model } = await serveWith(modelOf, agent);
      const { tools } = weatherTool();
      expect((await ask(how, { model, prompt: "Weather?", tools })).text).toBe("done");
      expect(told(given[1]).filter((item) => item !== "reasoning")).toEqual([
        "user: Weather?",
        "function_call",
        "function_call_output",
      ]);
    });

    test("R46 a tool that the server ran does not stop a second turn", async () => {
      const given: AgentRequest[] = [];
      const agent = stream(async function* looksUp(request) {
        given.push(request);
        yield ev.call(`call_${given.length}`, "lookup", { topic: "answer" });
        yield ev.result(`call_${given.length}`, "42");
        yield `It is 42, I said ${given.length} times.`;
      });
      const { model } = await serveWith(modelOf, agent);
      const messages: ModelMessage[] = [{ role: "user", content: "one" }];
      const first = await ask(how, { model, messages });
      messages.push(...first.messages, { role: "user", content: "two" });
      const second = await ask(how, { model, messages });
      expect(second.text).toBe("It is 42, I said 2 times.");
      expect(told(given[1])).toContain("assistant: It is 42, I said 1 times.");
      expect(told(given[1]).at(-1)).toBe("user: two");
    });

    test("R46 structured output in a second turn", async () => {
      const { model } = await serveWith(modelOf, cityAsJson);
      const output = Output.object({
        schema: z.object({ city: z.string(), population: z.number() }),
      });
      const messages: ModelMessage[] = [{ role: "user", content: "?" }];
      const first = await ask(how, { model, messages, output });
      messages.push(...first.messages, { role: "user", content: "again" });
      const second = await ask(how, { model, messages, output });
      expect(JSON.parse(second.text)).toEqual({ city: "Paris", population: 2_100_000 });
    });
  });

describe.each(["generateText", "streamText"] as const)(
  "ai with @ai-sdk/openai and the server's memory: %s",
  (how) => {
    const { modelOf } = PROVIDERS[0]!;
    const options = (openai: OpenAILanguageModelResponsesOptions) => ({
      providerOptions: { openai: { ...openai } },
    });

    test("R46 previousResponseId goes on with a response", async () => {
      const { agent, given } = createModelAgent();
      const { model, url } = await serveWith(modelOf, agent);
      const first = await openaiClient(url).responses.create({ model: "agent", input: "one" });
      const previous = options({ previousResponseId: first.id });
      expect((await ask(how, { model, prompt: "two", ...previous })).text).toBe("You said: two");
      expect(told(given[1])).toEqual(["user: one", "assistant: You said: one", "user: two"]);
    });

    test("R50 conversation goes on with what was said in it", async () => {
      const { agent, given } = createModelAgent();
      const { model, url, sent } = await serveWith(modelOf, agent);
      const { id: conversation } = await openaiClient(url).conversations.create();
      const { tools } = weatherTool();
      for (const prompt of ["one", "What is the weather?", "three"])
        await ask(how, { model, prompt, tools, ...options({ conversation }) });
      expect(told(given.at(-1))).toEqual([
        "user: one",
        "assistant: You said: one",
        "user: What is the weather?",
        "function_call",
        // The client sends the question again with the tool's output (4.0.118).
        "user: What is the weather?",
        "function_call_output",
        "assistant: It is sunny.",
        "user: three",
      ]);
      expect(sent[2]!.input).toMatchObject([{ role: "user" }, { type: "function_call_output" }]);
    });

    test("R40 R52 store: false leaves nothing, and encrypted reasoning goes round", async () => {
      const given: AgentRequest[] = [];
      const agent = stream(async function* thinks(request) {
        given.push(request);
        const id = `rs_${given.length}`;
        const summary = [{ type: "summary_text", text: "I think." }];
        yield ev.item({ type: "reasoning", id, summary, encrypted_content: `secret ${id}` });
        yield `answer ${given.length}`;
      });
      const { model, sent } = await serveWith(modelOf, agent);
      const stateless = options({ store: false, include: ["reasoning.encrypted_content"] });
      const messages: ModelMessage[] = [{ role: "user", content: "one" }];
      const first = await ask(how, { model, messages, ...stateless });
      messages.push(...first.messages, { role: "user", content: "two" });
      await ask(how, { model, messages, ...stateless });
      expect(sent[1]!.input.filter(({ type }) => type === "item_reference")).toEqual([]);
      expect(given[1]!.input).toContainEqual(
        expect.objectContaining({ type: "reasoning", encrypted_content: "secret rs_1" }),
      );
    });

    test.each([true, false])(
      "R66 the server's agent asks, and goes on with the answer %s",
      async (approved) => {
        const { model } = await serveWith(modelOf, careful);
        const messages: ModelMessage[] = [{ role: "user", content: "Clean up." }];
        const asked = await ask(how, { model, messages });
        const parts: { type: string; approvalId?: string }[] = [];
        for (const { content } of asked.messages)
          if (typeof content !== "string") parts.push(...content);
        expect(parts).toContainEqual(
          expect.objectContaining({ toolName: "mcp.delete", input: { file: "a.txt" } }),
        );
        const request = parts.find((part) => part.type === "tool-approval-request");
        const answer = {
          type: "tool-approval-response",
          approvalId: request!.approvalId!,
          approved,
          providerExecuted: true,
        } as const;
        messages.push(...asked.messages, { role: "tool", content: [answer] });
        const { text } = await ask(how, { model, messages });
        expect(text).toBe(approved ? "It is gone." : "It is still there.");
      },
    );

    test("R47 a reference to what the server does not have is an error that says so", async () => {
      const { agent } = createModelAgent();
      const here = await serveWith(modelOf, agent);
      const there = await serveWith(modelOf, agent);
      const messages: ModelMessage[] = [{ role: "user", content: "one" }];
      const first = await ask(how, { model: here.model, messages });
      messages.push(...first.messages, { role: "user", content: "two" });
      const error: unknown = await ask(how, { model: there.model, messages, maxRetries: 0 }).catch(
        (thrown: unknown) => thrown,
      );
      if (!APICallError.isInstance(error)) throw new Error(`unexpected ${String(error)}`);
      expect(error.statusCode).toBe(404);
      expect(error.message).toMatch(/item not found/i);
    });
  },
);

test("R46 R47 a chat goes on after a turn of it failed (@ai-sdk/openai)", async () => {
  let runs = 0;
  const agent = stream(async function* failsOnce(request) {
    runs += 1;
    yield `answer to ${request.input_text}`;
    if (request.input_text === "two" && runs === 2) throw new HttpError(503, "Overloaded.");
  });
  const { model } = await serveWith(PROVIDERS[0]!.modelOf, agent);
  const messages: ModelMessage[] = [{ role: "user", content: "one" }];
  const first = await ask("streamText", { model, messages });
  messages.push(...first.messages, { role: "user", content: "two" });
  await expect(ask("streamText", { model, messages })).rejects.toMatchObject({
    message: expect.stringContaining("Overloaded."),
  });
  expect((await ask("streamText", { model, messages })).text).toBe("answer to two");
  expect(runs).toBe(3);
});
