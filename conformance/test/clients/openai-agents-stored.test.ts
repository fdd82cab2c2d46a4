import {
  Agent,
  type AgentInputItem,
  hostedMcpTool,
  MemorySession,
  OpenAIConversationsSession,
  OpenAIProvider,
  OpenAIResponsesCompactionSession,
  Runner,
  setTracingDisabled,
  tool,
} from "@openai/agents";
import { ev, HttpError, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import type OpenAI from "openai";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { careful, cityAsJson, greeter, GREETING, GREETING_TEXT } from "./support/agents.js";
import { createModelAgent, told } from "./support/model-agent.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

const WEATHER_CHAT = [
  "user: What is the weather?",
  "function_call",
  "function_call_output",
  "assistant: It is sunny.",
  "user: Thanks",
];

const weather = () => {
  const execute = vi.fn<(input: { location: string }) => string>(() => "sunny");
  const getWeather = tool({
    name: "get_weather",
    description: "The weather of a place",
    parameters: z.object({ location: z.string() }),
    execute,
  });
  return { execute, tools: [getWeather] };
};

interface Served {
  readonly client: OpenAI;
  readonly runner: Runner;
}

/** Serves agents, and a runner whose model they are, over HTTP or one WebSocket. */
async function serve(agents: unknown, transport: "http" | "ws" = "http"): Promise<Served> {
  const url = await serveAgents(agents);
  const client = openaiClient(url);
  const provider = new OpenAIProvider({
    openAIClient: client,
    useResponses: true,
    useResponsesWebSocket: transport === "ws",
  });
  onTestFinished(() => provider.close());
  const runner = new Runner({ modelProvider: provider, model: "agent", tracingDisabled: true });
  return { client, runner };
}

/** Runs to the end, streamed or not, and gives the result. */
async function finish(
  runner: Runner,
  agent: Agent,
  input: string | AgentInputItem[],
  options: {
    readonly stream: boolean;
    readonly previousResponseId?: string;
    readonly conversationId?: string;
    readonly session?: OpenAIConversationsSession;
  },
) {
  const { stream: streamed, ...rest } = options;
  if (!streamed) return runner.run(agent, input, rest);
  const result = await runner.run(agent, input, { ...rest, stream: true });
  for await (const _event of result);
  await result.completed;
  return result;
}

// Its traces would go to a server on the internet.
beforeAll(() => setTracingDisabled(true));

describe.each(["http", "ws"] as const)("@openai/agents over %s", (transport) => {
  describe.each([false, true])("(stream: %s)", (streamed) => {
    test("R46 previousResponseId goes on with what was said, tools and all", async () => {
      const { agent, given } = createModelAgent();
      const { runner, client } = await serve(agent, transport);
      const { execute, tools } = weather();
      const local = new Agent({ name: "local", tools });
      const first = await finish(runner, local, "What is the weather?", { stream: streamed });
      expect(first.finalOutput).toBe("It is sunny.");
      expect(execute).toHaveBeenCalledOnce();
      const second = await finish(runner, local, "Thanks", {
        stream: streamed,
        previousResponseId: first.lastResponseId!,
      });
      expect(second.finalOutput).toBe("You said: Thanks");
      // The first run's own second turn sent its history again, as it had no id to go on with.
      expect(told(given.at(-1))).toEqual(WEATHER_CHAT);
      const stored = await client.responses.retrieve(second.lastResponseId!);
      expect(stored).toMatchObject({
        status: "completed",
        previous_response_id: first.lastResponseId,
      });
    });

    test("R46 a whole run that goes on with a response sends each turn's news alone", async () => {
      const { agent, given } = createModelAgent();
      const { runner } = await serve(agent, transport);
      const { tools } = weather();
      const local = new Agent({ name: "local", tools });
      const first = await finish(runner, local, "Hello", { stream: streamed });
      const second = await finish(runner, local, "What is the weather?", {
        stream: streamed,
        previousResponseId: first.lastResponseId!,
      });
      expect(second.finalOutput).toBe("It is sunny.");
      expect(told(given[2])).toEqual([
        "user: Hello",
        "assistant: You said: Hello",
        "user: What is the weather?",
        "function_call",
        "function_call_output",
      ]);
    });

    test("R50 conversationId keeps what was said on the server", async () => {
      const { agent, given } = createModelAgent();
      const { runner, client } = await serve(agent, transport);
      const { tools } = weather();
      const local = new Agent({ name: "local", tools });
      const { id: conversationId } = await client.conversations.create();
      const options = { stream: streamed, conversationId };
      const first = await finish(runner, local, "What is the weather?", options);
      expect(first.finalOutput).toBe("It is sunny.");
      await finish(runner, local, "Thanks", options);
      expect(told(given[2])).toEqual(WEATHER_CHAT);
      const items = [];
      for await (const item of client.conversations.items.list(conversationId, { order: "asc" }))
        items.push(item);
      expect(told({ input: items } as unknown as AgentRequest)).toEqual([
        ...WEATHER_CHAT,
        "assistant: You said: Thanks",
      ]);
    });

    test("R49 R50 OpenAIConversationsSession keeps a run's items in a conversation", async () => {
      const { agent, given } = createModelAgent();
      const { runner, client } = await serve(agent, transport);
      const { tools } = weather();
      const local = new Agent({ name: "local", tools });
      const session = new OpenAIConversationsSession({ client });
      const options = { stream: streamed, session };
      const first = await finish(runner, local, "What is the weather?", options);
      expect(first.finalOutput).toBe("It is sunny.");
      const second = await finish(runner, local, "Thanks", options);
      expect(second.finalOutput).toBe("You said: Thanks");
      expect(told(given.at(-1))).toEqual(WEATHER_CHAT);
      expect(await session.getItems()).toHaveLength(6);
      expect(await session.getItems(2)).toMatchObject([{ role: "user" }, { role: "assistant" }]);

      // Another process goes on with it.
      const again = new OpenAIConversationsSession({
        client,
        conversationId: await session.getSessionId(),
      });
      await finish(runner, local, "Bye", { stream: streamed, session: again });
      expect(told(given.at(-1))).toEqual([
        ...WEATHER_CHAT,
        "assistant: You said: Thanks",
        "user: Bye",
      ]);
      expect(await again.popItem()).toMatchObject({ role: "assistant" });
      expect(await again.getItems()).toHaveLength(7);
      await again.clearSession();
    });

    test("R46 reasoning stays in a chain and in a session", async () => {
      const given: AgentRequest[] = [];
      const thinks = stream(async function* thinks(request) {
        given.push(request);
        yield ev.reasoning("Let me see.");
        yield `answer ${given.length}`;
      });
      const { runner, client } = await serve(thinks, transport);
      const local = new Agent({ name: "local" });
      const first = await finish(runner, local, "one", { stream: streamed });
      await finish(runner, local, "two", {
        stream: streamed,
        previousResponseId: first.lastResponseId!,
      });
      const chat = ["user: one", "reasoning", "assistant: answer 1", "user: two"];
      expect(told(given[1])).toEqual(chat);
      const session = new OpenAIConversationsSession({ client });
      await finish(runner, local, "one", { stream: streamed, session });
      await finish(runner, local, "two", { stream: streamed, session });
      expect(told(given[3])).toEqual([...chat.slice(0, 2), "assistant: answer 3", "user: two"]);
    });

    // Over a WebSocket the client names the event that ended the turn, and never what it says (0.20.0).
    test("R46 R60 an unknown previousResponseId raises the server's message", async () => {
      const { runner } = await serve(greeter, transport);
      const run = finish(runner, new Agent({ name: "local" }), "hi", {
        stream: streamed,
        previousResponseId: "resp_000000000000000000000000",
      });
      await expect(run).rejects.toThrow(
        transport === "ws" ? 'terminal state "error"' : "The previous response was not found",
      );
    });

    test("R60 R25 a failure of the agent raises its message, and it is not run again", async () => {
      let runs = 0;
      const failing = stream(async function* failing() {
        runs += 1;
        yield "So far so good";
        throw new HttpError(503, "The model is overloaded.");
      });
      const { runner } = await serve(failing, transport);
      const run = finish(runner, new Agent({ name: "local" }), "hi", { stream: streamed });
      await expect(run).rejects.toThrow(
        transport === "ws" ? 'terminal state "response.failed"' : "The model is overloaded.",
      );
      expect(runs).toBe(1);
    });
  });

  test("R56 a streamed run gives the text piece by piece, with usage", async () => {
    const { runner } = await serve(greeter, transport);
    const result = await runner.run(new Agent({ name: "local" }), "hi", { stream: true });
    const pieces: string[] = [];
    for await (const piece of result.toTextStream()) pieces.push(piece);
    await result.completed;
    expect(pieces).toEqual(GREETING);
    expect(result.finalOutput).toBe(GREETING_TEXT);
    expect(result.rawResponses[0]?.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
  });

  test("R56 outputType is parsed by its schema", async () => {
    const { runner } = await serve(cityAsJson, transport);
    const outputType = z.object({ city: z.string(), population: z.number() });
    const result = await runner.run(new Agent({ name: "local", outputType }), "?");
    expect(result.finalOutput).toEqual({ city: "Paris", population: 2_100_000 });
  });

  test.each([true, false])(
    "R66 the server's agent asks, and goes on with the answer %s",
    async (approve) => {
      const { runner } = await serve(careful, transport);
      // The tool stands for the server's own: nothing connects to its URL.
      const server = hostedMcpTool({
        serverLabel: "agent",
        serverUrl: "http://127.0.0.1:9/",
        requireApproval: "always",
      });
      const local = new Agent({ name: "local", tools: [server] });
      const asked = await runner.run(local, "Clean up.");
      expect(asked.interruptions).toHaveLength(1);
      const [question] = asked.interruptions;
      expect(question!.rawItem).toMatchObject({
        name: "delete",
        providerData: { arguments: '{"file":"a.txt"}' },
      });
      if (approve) asked.state.approve(question!);
      else asked.state.reject(question!);
      const answered = await runner.run(local, asked.state);
      expect(answered.finalOutput).toBe(approve ? "It is gone." : "It is still there.");
    },
  );

  test("R40 modelSettings.store: false leaves nothing on the server", async () => {
    const { runner, client } = await serve(greeter, transport);
    const local = new Agent({ name: "local", modelSettings: { store: false } });
    const { lastResponseId } = await runner.run(local, "hi");
    await expect(client.responses.retrieve(lastResponseId!)).rejects.toThrow(/404/);
  });
});

test("R57 R58 @openai/agents over ws: turns with store: false go on over the connection", async () => {
  const { agent, given } = createModelAgent();
  const { runner } = await serve(agent, "ws");
  const { tools } = weather();
  const local = new Agent({ name: "local", tools, modelSettings: { store: false } });
  const first = await runner.run(local, "Hello");
  const second = await runner.run(local, "What is the weather?", {
    previousResponseId: first.lastResponseId!,
  });
  expect(second.finalOutput).toBe("It is sunny.");
  expect(told(given[2])).toHaveLength(5);
});

for (const compactionMode of ["input", "previous_response_id"] as const)
  test(`R45 OpenAIResponsesCompactionSession goes on with a compaction alone (${compactionMode})`, async () => {
    const { agent, given } = createModelAgent();
    const { runner, client } = await serve(agent);
    const session = new OpenAIResponsesCompactionSession({
      client,
      compactionMode,
      underlyingSession: new MemorySession(),
      // It takes the names of OpenAI's models alone.
      model: "gpt-4.1",
      shouldTriggerCompaction: ({ compactionCandidateItems }) =>
        compactionCandidateItems.length >= 2,
    });
    const { tools } = weather();
    const local = new Agent({ name: "local", tools });
    for (const input of ["one", "What is the weather?", "three", "four"])
      await runner.run(local, input, { session });
    const items = await session.getItems();
    expect(items.filter(({ type }) => type === "compaction")).toHaveLength(1);
    expect(told(given.at(-1))).toEqual([
      "user: one",
      "assistant: You said: one",
      "user: What is the weather?",
      "function_call",
      "function_call_output",
      "assistant: It is sunny.",
      "user: three",
      "assistant: You said: three",
      "user: four",
    ]);
  });
