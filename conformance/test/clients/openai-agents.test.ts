import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from "@openai/agents";
import { ev, HttpError, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import { beforeAll, describe, expect, test, vi } from "vitest";
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
} from "./support/agents.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

async function serve(...args: Parameters<typeof serveAgents>): Promise<Runner> {
  const url = await serveAgents(...args);
  const modelProvider = new OpenAIProvider({
    openAIClient: openaiClient(url),
    useResponses: true,
  });
  return new Runner({ modelProvider, model: "agent", tracingDisabled: true });
}

const weather = (execute: (input: { city: string }) => string) =>
  tool({
    name: "get_weather",
    description: "The weather of a city",
    parameters: z.object({ city: z.string() }),
    execute,
  });

describe("@openai/agents", () => {
  // Its traces would go to a server on the internet.
  beforeAll(() => setTracingDisabled(true));

  test("a run gives the agent's answer and usage", async () => {
    const runner = await serve(greeter);
    const result = await runner.run(new Agent({ name: "local", instructions: "Be brief." }), "hi");
    expect(result.finalOutput).toBe(GREETING_TEXT);
    expect(result.lastResponseId).toMatch(/^resp_/);
    expect(result.rawResponses[0]?.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
  });

  test("a streamed run gives the text piece by piece, and ends", async () => {
    const runner = await serve(greeter);
    const result = await runner.run(new Agent({ name: "local" }), "hi", { stream: true });
    const pieces: string[] = [];
    for await (const piece of result.toTextStream()) pieces.push(piece);
    await result.completed;
    expect(pieces).toEqual(GREETING);
    expect(result.finalOutput).toBe(GREETING_TEXT);
  });

  test("instructions reach the agent", async () => {
    const seen: AgentRequest[] = [];
    const runner = await serve(
      stream(async function* listener(request) {
        seen.push(request);
        yield "ok";
      }),
    );
    await runner.run(new Agent({ name: "local", instructions: "Be brief." }), "hi");
    expect(seen).toMatchObject([{ instructions: "Be brief." }]);
    expect(seen[0]?.input_text).toBe("hi");
  });

  test.each([false, true])(
    "a local tool is run and the run goes on (stream: %s)",
    async (streamed) => {
      const execute = vi.fn<(input: { city: string }) => string>(() => "sunny");
      const runner = await serve(forecaster);
      const agent = new Agent({ name: "local", tools: [weather(execute)] });
      const result = streamed
        ? await runner.run(agent, "Weather?", { stream: true })
        : await runner.run(agent, "Weather?");
      if ("completed" in result) await result.completed;
      expect(result.finalOutput).toBe("The weather is sunny.");
      expect(execute).toHaveBeenCalledOnce();
      expect(execute.mock.calls[0]?.[0]).toEqual({ city: "Paris" });
    },
  );

  test("two calls of one turn are both run", async () => {
    const execute = vi.fn<(input: { city: string }) => string>(({ city }) => `${city} is sunny`);
    const runner = await serve(
      stream(async function* asksTwice(request) {
        const outputs = request.input.flatMap((item) =>
          item.type === "function_call_output" && "output" in item ? [item.output] : [],
        );
        if (outputs.length > 0) {
          yield outputs.map((output) => JSON.stringify(output)).join(" and ");
          return;
        }
        yield ev.call("call_1", "get_weather", { city: "Paris" });
        yield ev.call("call_2", "get_weather", { city: "Oslo" });
      }),
    );
    const agent = new Agent({ name: "local", tools: [weather(execute)] });
    const result = await runner.run(agent, "Weather?");
    expect(execute).toHaveBeenCalledTimes(2);
    expect(result.finalOutput).toMatch(/Paris is sunny.* and .*Oslo is sunny/);
  });

  test("outputType is parsed by its schema", async () => {
    const runner = await serve(cityAsJson);
    const outputType = z.object({ city: z.string(), population: z.number() });
    const result = await runner.run(new Agent({ name: "local", outputType }), "?");
    expect(result.finalOutput).toEqual({ city: "Paris", population: 2_100_000 });
  });

  test.each([false, true])(
    "a tool that the server ran is not run here (stream: %s)",
    async (streamed) => {
      const runner = await serve(librarian);
      const agent = new Agent({ name: "local" });
      const result = streamed
        ? await runner.run(agent, "hi", { stream: true })
        : await runner.run(agent, "hi");
      if ("completed" in result) await result.completed;
      expect(result.finalOutput).toBe("The answer is 42.");
    },
  );

  test("reasoning does not end up in the answer", async () => {
    const runner = await serve(thinker);
    const result = await runner.run(new Agent({ name: "local" }), "2+2?");
    expect(result.finalOutput).toBe("4");
    expect(result.newItems.map(({ type }) => type)).toContain("reasoning_item");
  });

  test("a second run carries the first, reasoning and all", async () => {
    const runner = await serve(
      stream(async function* thoughtfulHistorian(request, context) {
        yield ev.reasoning("Let me see.");
        yield* historian.run(request, context) as AsyncIterable<string>;
      }),
    );
    const agent = new Agent({ name: "local" });
    const first = await runner.run(agent, "one");
    const second = await runner.run(agent, [...first.history, { role: "user", content: "two" }]);
    expect(second.finalOutput).toBe("user: one | assistant: user: one | user: two");
  });

  test.each([false, true])(
    "a failure raises the server's message (stream: %s)",
    async (streamed) => {
      const runner = await serve(
        stream(async function* failing() {
          yield "So far so good";
          throw new HttpError(503, "The model is overloaded.");
        }),
      );
      const agent = new Agent({ name: "local" });
      const run = async (): Promise<unknown> => {
        if (!streamed) return runner.run(agent, "hi");
        const result = await runner.run(agent, "hi", { stream: true });
        for await (const _event of result);
        return result.completed;
      };
      await expect(run()).rejects.toThrow("The model is overloaded.");
    },
  );
});
