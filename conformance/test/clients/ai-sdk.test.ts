import { createOpenResponses } from "@ai-sdk/open-responses";
import { createOpenAI } from "@ai-sdk/openai";
import { ev, HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
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
import {
  cityAsJson,
  forecaster,
  greeter,
  GREETING,
  GREETING_TEXT,
  historian,
  librarian,
  thinker,
  THOUGHT,
} from "./support/agents.js";
import { createEndlessAgent } from "./support/endless-agent.js";
import { createGate } from "./support/gate.js";
import { serveAgents } from "./support/serve-agents.js";

/** Both providers of the AI SDK that speak the Responses API; each sends and checks other things. */
const PROVIDERS = [
  {
    provider: "@ai-sdk/openai",
    modelOf: (url: string): LanguageModel =>
      createOpenAI({ baseURL: `${url}/v1`, apiKey: "none" }).responses("agent"),
  },
  {
    provider: "@ai-sdk/open-responses",
    modelOf: (url: string): LanguageModel =>
      createOpenResponses({ name: "wheelhouse", url: `${url}/v1/responses` })("agent"),
  },
];

/** Without it @ai-sdk/openai replays earlier items by reference to what the server stored. */
const providerOptions = { openai: { store: false } };

/** An error part of a stream, or what its `message` says. */
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : JSON.stringify(error);

// The SDK would print that reasoning without encrypted content is not replayed.
beforeAll(() => void vi.stubGlobal("AI_SDK_LOG_WARNINGS", false));
afterAll(() => void vi.unstubAllGlobals());

describe.each(PROVIDERS)("ai with $provider", ({ modelOf }) => {
  const serve = async (...args: Parameters<typeof serveAgents>): Promise<LanguageModel> =>
    modelOf(await serveAgents(...args));

  const weatherTool = () => {
    const execute = vi.fn<(input: { city: string }) => string>(() => "sunny");
    const get_weather = tool({
      description: "The weather of a city",
      inputSchema: z.object({ city: z.string() }),
      execute,
    });
    return { execute, tools: { get_weather } };
  };

  test("generateText gives text, finish reason, usage and the response's id", async () => {
    const result = await generateText({ model: await serve(greeter), prompt: "hi" });
    expect(result.text).toBe(GREETING_TEXT);
    expect(result.finishReason).toBe("stop");
    expect(result.usage).toMatchObject({ inputTokens: 11, outputTokens: 7, totalTokens: 18 });
    expect(result.response.id).toMatch(/^resp_/);
    expect(Math.abs(result.response.timestamp.getTime() - Date.now())).toBeLessThan(60_000);
    expect(result.response.modelId).toBe("agent");
  });

  test("streamText gives the text in the agent's pieces, and usage", async () => {
    const result = streamText({ model: await serve(greeter), prompt: "hi" });
    const pieces: string[] = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect(pieces).toEqual(GREETING);
    expect(await result.finishReason).toBe("stop");
    expect(await result.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
  });

  test("an agent that states no usage is served all the same", async () => {
    const model = await serve(invoke(() => "plain"));
    expect((await generateText({ model, prompt: "hi" })).text).toBe("plain");
    expect(await streamText({ model, prompt: "hi" }).text).toBe("plain");
  });

  test("instructions reach the agent", async () => {
    const seen: AgentRequest[] = [];
    const model = await serve(
      invoke((request) => {
        seen.push(request);
        return "ok";
      }),
    );
    await generateText({ model, instructions: "Be brief.", prompt: "hi", temperature: 0.5 });
    expect(JSON.stringify(seen)).toContain("Be brief.");
    expect(seen).toMatchObject([{ temperature: 0.5 }]);
    expect(seen[0]?.input_text).toBe("hi");
  });

  test("generateText runs a tool of the client's and goes on with what it gave", async () => {
    const { execute, tools } = weatherTool();
    const result = await generateText({
      model: await serve(forecaster),
      prompt: "Weather?",
      tools,
      stopWhen: isStepCount(3),
      providerOptions,
    });
    expect(execute).toHaveBeenCalledOnce();
    expect(execute.mock.calls[0]?.[0]).toEqual({ city: "Paris" });
    expect(result.text).toBe("The weather is sunny.");
    expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
  });

  test("streamText runs it too", async () => {
    const { execute, tools } = weatherTool();
    const result = streamText({
      model: await serve(forecaster),
      prompt: "Weather?",
      tools,
      stopWhen: isStepCount(3),
      providerOptions,
    });
    expect(await result.text).toBe("The weather is sunny.");
    expect(execute).toHaveBeenCalledOnce();
    expect(execute.mock.calls[0]?.[0]).toEqual({ city: "Paris" });
    expect((await result.steps).length).toBe(2);
  });

  test("arguments that come in pieces make one call", async () => {
    const { execute, tools } = weatherTool();
    const result = streamText({
      model: await serve(
        stream(async function* caller() {
          yield ev.callArgs("call_1", '{"ci', "get_weather");
          yield ev.callArgs("call_1", 'ty":"Oslo"}');
        }),
      ),
      prompt: "Weather?",
      tools,
    });
    expect(await result.toolCalls).toMatchObject([
      { toolCallId: "call_1", toolName: "get_weather", input: { city: "Oslo" } },
    ]);
    expect(execute).toHaveBeenCalledOnce();
  });

  test("a tool that the server ran does not disturb the answer", async () => {
    const model = await serve(librarian);
    const whole = await generateText({ model, prompt: "hi" });
    expect(whole.text).toBe("The answer is 42.");
    const streamed = streamText({ model, prompt: "hi" });
    expect(await streamed.text).toBe("The answer is 42.");
    expect(await streamed.finishReason).toBe(whole.finishReason);
  });

  test("reasoning is told apart from the answer", async () => {
    const model = await serve(thinker);
    const whole = await generateText({ model, prompt: "2+2?" });
    expect(whole.reasoningText).toBe(THOUGHT);
    expect(whole.text).toBe("4");
    const streamed = streamText({ model, prompt: "2+2?" });
    expect(await streamed.text).toBe("4");
    expect(await streamed.reasoningText).toBe(THOUGHT);
  });

  test("a second turn carries the first", async () => {
    const model = await serve(historian);
    const messages: ModelMessage[] = [{ role: "user", content: "one" }];
    const first = await generateText({ model, messages, providerOptions });
    expect(first.text).toBe("user: one");
    messages.push(...first.responseMessages, { role: "user", content: "two" });
    const second = await generateText({ model, messages, providerOptions });
    expect(second.text).toBe("user: one | assistant: user: one | user: two");
  });

  test("a second turn after reasoning and a tool is accepted", async () => {
    const seen: AgentRequest[] = [];
    const model = await serve(
      stream(async function* thinksAndCalls(request) {
        seen.push(request);
        if (seen.length > 1) {
          yield "done";
          return;
        }
        yield ev.reasoning("I need the weather.");
        yield ev.call("call_1", "get_weather", { city: "Paris" });
      }),
    );
    const { tools } = weatherTool();
    const result = await generateText({
      model,
      prompt: "Weather?",
      tools,
      stopWhen: isStepCount(2),
      providerOptions,
    });
    expect(result.text).toBe("done");
    expect(seen[1]?.input).toContainEqual(
      expect.objectContaining({ type: "function_call_output", call_id: "call_1" }),
    );
  });

  test("structured output is parsed by its schema", async () => {
    const result = await generateText({
      model: await serve(cityAsJson),
      prompt: "?",
      output: Output.object({ schema: z.object({ city: z.string(), population: z.number() }) }),
    });
    expect(result.output).toEqual({ city: "Paris", population: 2_100_000 });
  });

  test("an answer cut short finishes with length", async () => {
    const model = await serve(
      stream(async function* cutShort() {
        yield "It began";
        yield ev.incomplete("max_output_tokens");
      }),
    );
    const whole = await generateText({ model, prompt: "hi" });
    expect([whole.text, whole.finishReason]).toEqual(["It began", "length"]);
    const streamed = streamText({ model, prompt: "hi" });
    expect([await streamed.text, await streamed.finishReason]).toEqual(["It began", "length"]);
  });

  test("B32 a piece of text arrives before the agent makes the next one", async () => {
    const gate = createGate();
    const model = await serve(
      stream(async function* patient() {
        yield "first";
        await gate.opened;
        yield " second";
      }),
    );
    const pieces: string[] = [];
    for await (const piece of streamText({ model, prompt: "hi" }).textStream) {
      pieces.push(piece);
      gate.open();
    }
    expect(pieces).toEqual(["first", " second"]);
  });

  test("B49 aborting a stream ends the agent's run", async () => {
    const endless = createEndlessAgent();
    const model = await serve(endless.agents);
    const controller = new AbortController();
    const result = streamText({ model, prompt: "hi", abortSignal: controller.signal });
    for await (const part of result.stream) {
      if (part.type === "text-delta") controller.abort();
    }
    await vi.waitFor(() => expect(endless.ended).toBe(1), { timeout: 3_000, interval: 10 });
    expect(endless.reasons).toEqual(["client_disconnected"]);
  });

  describe("errors", () => {
    const failing = (error: Error, runs = { count: 0 }) =>
      stream(async function* failsAfterText() {
        runs.count += 1;
        yield "So far so good";
        throw error;
      });

    const streamErrors = async (model: LanguageModel): Promise<string[]> => {
      const errors: string[] = [];
      const result = streamText({
        model,
        prompt: "hi",
        onError: ({ error }) => {
          errors.push(messageOf(error));
        },
      });
      await result.consumeStream();
      return errors;
    };

    test.each([400, 404, 422, 500])(
      "generateText shows the message of HttpError(%i)",
      async (status) => {
        const model = await serve(
          invoke(() => {
            throw new HttpError(status, "Not today.");
          }),
        );
        const error: unknown = await generateText({ model, prompt: "hi", maxRetries: 0 }).catch(
          (thrown: unknown) => thrown,
        );
        if (!APICallError.isInstance(error)) throw new Error(`unexpected ${messageOf(error)}`);
        expect(error.message).toBe("Not today.");
        expect(error.statusCode).toBe(status);
      },
    );

    test("generateText shows why a request was refused", async () => {
      const model = await serve(greeter);
      const error: unknown = await generateText({
        model,
        prompt: "hi",
        providerOptions,
        maxRetries: 0,
        topP: "much" as unknown as number,
      }).catch((thrown: unknown) => thrown);
      if (!APICallError.isInstance(error)) throw new Error(`unexpected ${messageOf(error)}`);
      expect(error.statusCode).toBe(400);
      expect(error.message).toContain("top_p");
    });

    test("B26 what was not thrown on purpose reads as an internal error", async () => {
      const model = await serve(
        invoke(() => {
          throw new Error("secret");
        }),
      );
      await expect(generateText({ model, prompt: "hi", maxRetries: 0 })).rejects.toThrow(
        /^Internal server error \(request .+\)$/,
      );
    });

    test("B69 streamText shows the message of a failure in the middle", async () => {
      const runs = { count: 0 };
      const errors = await streamErrors(
        await serve(failing(new HttpError(503, "The model is overloaded."), runs)),
      );
      expect(errors.length).toBeGreaterThan(0);
      for (const message of errors) expect(message).toContain("The model is overloaded.");
      expect(runs.count).toBe(1);
    });

    test("B26 B69 streamText shows no more than an internal error of what was not thrown on purpose", async () => {
      const errors = await streamErrors(await serve(failing(new Error("secret"))));
      expect(errors.length).toBeGreaterThan(0);
      for (const message of errors) {
        expect(message).toMatch(/Internal server error \(request .+\)/);
        expect(message).not.toContain("secret");
      }
    });

    test("streamText shows the message of a request that was refused", async () => {
      const model = await serve([
        invoke({ name: "a" }, () => "a"),
        invoke({ name: "b" }, () => "b"),
      ]);
      const errors = await streamErrors(model);
      expect(errors.length).toBeGreaterThan(0);
      for (const message of errors) expect(message).toMatch(/\ba\b.*\bb\b/);
    });
  });
});
