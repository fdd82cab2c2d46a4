import { createDatabricksProvider } from "@databricks/ai-sdk-provider";
import { ev, HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import {
  APICallError,
  generateText,
  type LanguageModel,
  type ModelMessage,
  streamText,
  type TextStreamPart,
  type ToolSet,
} from "ai-6";
import { describe, expect, test } from "vitest";
import {
  greeter,
  GREETING,
  GREETING_TEXT,
  historian,
  librarian,
  thinker,
  THOUGHT,
} from "./support/agents.js";
import { serveAgents } from "./support/serve-agents.js";

type StreamPart = TextStreamPart<ToolSet>;

const TRACE_ID = /^tr-[0-9a-f]{32}$/;

/** The provider as the Databricks chat app sets it up for an agent server: one URL, the trace header on. */
function databricksModel(url: string, path = "/invocations"): LanguageModel {
  return createDatabricksProvider({
    baseURL: url,
    formatUrl: ({ baseUrl }) => `${baseUrl}${path}`,
    headers: { "x-mlflow-return-trace-id": "true" },
    useRemoteToolCalling: true,
  }).responses("chat-model");
}

const serve = async (...args: Parameters<typeof serveAgents>): Promise<LanguageModel> =>
  databricksModel(await serveAgents(...args));

async function streamParts(model: LanguageModel, messages?: ModelMessage[]): Promise<StreamPart[]> {
  const result = streamText({
    model,
    messages: messages ?? [{ role: "user", content: "hi" }],
    includeRawChunks: true,
    // Errors are read from the parts; without a handler the SDK prints them.
    onError: () => {},
  });
  const parts: StreamPart[] = [];
  for await (const part of result.fullStream) parts.push(part);
  return parts;
}

const ofType = <Type extends StreamPart["type"]>(parts: readonly StreamPart[], type: Type) =>
  parts.filter((part): part is Extract<StreamPart, { type: Type }> => part.type === type);

const texts = (parts: readonly StreamPart[]): string[] =>
  ofType(parts, "text-delta").map(({ text }) => text);

describe("@databricks/ai-sdk-provider on /invocations", () => {
  test("B66 generateText gives the text, and the trace id in the body", async () => {
    const result = await generateText({ model: await serve(greeter), prompt: "hi" });
    expect(result.text).toBe(GREETING_TEXT);
    expect(result.finishReason).toBe("stop");
    const body = result.response.body as { metadata?: { trace_id?: string } };
    expect(body.metadata?.trace_id).toMatch(TRACE_ID);
  });

  test("B66 streamText gives the text once, in the agent's pieces", async () => {
    const parts = await streamParts(await serve(greeter));
    expect(texts(parts)).toEqual(GREETING);
    expect(ofType(parts, "error")).toEqual([]);
    expect(ofType(parts, "finish")).toMatchObject([{ finishReason: "stop" }]);
  });

  test("B66 streamText sees the trace id in exactly one raw chunk, the last", async () => {
    const raw = ofType(await streamParts(await serve(greeter)), "raw").map(
      ({ rawValue }) => rawValue as Record<string, unknown>,
    );
    const withTraceId = raw.filter((chunk) => "trace_id" in chunk);
    expect(withTraceId).toEqual([{ trace_id: expect.stringMatching(TRACE_ID) }]);
    expect(raw.at(-1)).toBe(withTraceId[0]);
  });

  test("B66 a failure in the middle of a stream is an error chunk that is a string", async () => {
    const parts = await streamParts(
      await serve(
        stream(async function* failing() {
          yield "So far so good";
          throw new HttpError(503, "The model is overloaded.");
        }),
      ),
    );
    expect(texts(parts)).toEqual(["So far so good"]);
    expect(ofType(parts, "error").map(({ error }) => error)).toEqual(["The model is overloaded."]);
    expect(JSON.stringify(ofType(parts, "raw").at(-1))).toMatch(/"trace_id":"tr-/);
  });

  test("B26 B66 what was not thrown on purpose is an internal error in that chunk", async () => {
    const parts = await streamParts(
      await serve(
        // oxlint-disable-next-line require-yield -- it fails before it has anything to yield
        stream(async function* failsAtOnce() {
          throw new Error("secret");
        }),
      ),
    );
    const errors = ofType(parts, "error").map(({ error }) => error);
    expect(errors).toEqual([expect.stringMatching(/^Internal server error \(request .+\)$/)]);
  });

  test("B27 generateText shows the server's message of a failure, and the agent ran once", async () => {
    let runs = 0;
    const model = await serve(
      invoke(() => {
        runs += 1;
        throw new HttpError(503, "The model is overloaded.");
      }),
    );
    const error: unknown = await generateText({ model, prompt: "hi" }).catch(
      (thrown: unknown) => thrown,
    );
    if (!APICallError.isInstance(error)) throw error;
    expect(error.statusCode).toBe(503);
    expect(error.message).toContain("The model is overloaded.");
    expect(runs).toBe(1);
  });

  test("a tool that the agent ran is shown with its result, while streaming", async () => {
    const parts = await streamParts(await serve(librarian));
    expect(ofType(parts, "tool-call")).toMatchObject([
      {
        toolCallId: "call_lookup",
        toolName: "lookup",
        input: { topic: "answer" },
        providerExecuted: true,
      },
    ]);
    expect(ofType(parts, "tool-result")).toMatchObject([
      { toolCallId: "call_lookup", toolName: "lookup", output: "42" },
    ]);
    expect(texts(parts).join("")).toBe("The answer is 42.");
    expect(ofType(parts, "error")).toEqual([]);
  });

  test("a tool that the agent ran is shown with its result, all at once", async () => {
    const result = await generateText({ model: await serve(librarian), prompt: "hi" });
    expect(result.content).toContainEqual(
      expect.objectContaining({ type: "tool-call", toolCallId: "call_lookup", toolName: "lookup" }),
    );
    expect(result.content).toContainEqual(
      expect.objectContaining({ type: "tool-result", toolCallId: "call_lookup", output: "42" }),
    );
    expect(result.text).toBe("The answer is 42.");
  });

  test("reasoning is shown once, apart from the answer", async () => {
    const model = await serve(thinker);
    const whole = await generateText({ model, prompt: "2+2?" });
    expect([whole.reasoningText, whole.text]).toEqual([THOUGHT, "4"]);
    const parts = await streamParts(model);
    const thoughts = ofType(parts, "reasoning-delta").map(({ text }) => text);
    expect(thoughts.join("")).toBe(THOUGHT);
    expect(texts(parts)).toEqual(["4"]);
  });

  test("a citation is shown as a source", async () => {
    const model = await serve(
      stream(async function* scholar() {
        yield "Water boils.";
        yield ev.cite("https://example.com/water", "Water", [0, 5]);
      }),
    );
    expect((await generateText({ model, prompt: "hi" })).text).toBe("Water boils.");
    expect(texts(await streamParts(model)).join("")).toBe("Water boils.");
  });

  test("B24a an agent that only has an invoke function streams its answer once", async () => {
    const parts = await streamParts(await serve(invoke(() => "All at once")));
    expect(texts(parts).join("")).toBe("All at once");
  });

  test("B15 a second turn carries the text and the tools of the first", async () => {
    const seen: AgentRequest[] = [];
    const model = await serve(
      stream(async function* remembering(request, context) {
        seen.push(request);
        if (seen.length === 1) yield* librarian.run(request, context) as AsyncIterable<string>;
        else yield* historian.run(request, context) as AsyncIterable<string>;
      }),
    );
    const first = streamText({ model, prompt: "one" });
    expect(await first.text).toBe("The answer is 42.");
    const messages: ModelMessage[] = [
      { role: "user", content: "one" },
      ...(await first.response).messages,
      { role: "user", content: "two" },
    ];
    const parts = await streamParts(model, messages);
    expect(texts(parts).join("")).toBe("user: one | assistant: The answer is 42. | user: two");
    expect(seen[1]?.input).toMatchObject([
      { role: "user" },
      { type: "function_call", call_id: "call_lookup", name: "lookup" },
      { type: "function_call_output", call_id: "call_lookup", output: "42" },
      { role: "assistant" },
      { role: "user" },
    ]);
  });

  test("a system prompt and sampling reach the agent", async () => {
    const seen: AgentRequest[] = [];
    const model = await serve(
      invoke((request) => {
        seen.push(request);
        return "ok";
      }),
    );
    await generateText({ model, system: "Be brief.", prompt: "hi", temperature: 0.5 });
    expect(seen).toMatchObject([
      { input: [{ role: "system", content: "Be brief." }, { role: "user" }], temperature: 0.5 },
    ]);
  });

  test("B17 B19 what the chat app adds to the body is accepted, and its context reaches the agent", async () => {
    const seen: AgentRequest[] = [];
    const url = await serveAgents(
      stream(async function* listener(request) {
        seen.push(request);
        yield "ok";
      }),
    );
    const context = { conversation_id: "conversation-1", user_id: "someone@example.com" };
    const added = { context, databricks_options: { return_trace: true } };
    const provider = createDatabricksProvider({
      baseURL: url,
      formatUrl: ({ baseUrl }) => `${baseUrl}/invocations`,
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          body: JSON.stringify({ ...JSON.parse(init?.body as string), ...added }),
        }),
    });
    const result = streamText({ model: provider.responses("chat-model"), prompt: "hi" });
    expect(await result.text).toBe("ok");
    expect(seen).toMatchObject([{ context }]);
  });
});

describe("@databricks/ai-sdk-provider on /responses", () => {
  const serveResponses = async (agent: unknown): Promise<LanguageModel> =>
    databricksModel(await serveAgents(agent), "/responses");

  test.each([
    ["states its usage", greeter],
    ["states no usage", invoke(() => GREETING_TEXT)],
  ])("B39 generateText gives text and trace id of an agent that %s", async (_name, agent) => {
    const result = await generateText({ model: await serveResponses(agent), prompt: "hi" });
    expect(result.text).toBe(GREETING_TEXT);
    const body = result.response.body as { metadata?: { trace_id?: string } };
    expect(body.metadata?.trace_id).toMatch(TRACE_ID);
  });

  test("B39 streamText gives the text once, and the trace id on the last event", async () => {
    const parts = await streamParts(await serveResponses(greeter));
    expect(texts(parts)).toEqual(GREETING);
    const last = ofType(parts, "raw").at(-1)?.rawValue as Record<string, unknown>;
    expect(last).toMatchObject({
      type: "response.completed",
      trace_id: expect.stringMatching(TRACE_ID),
    });
  });

  test("a failure in the middle of a stream shows the server's message", async () => {
    const parts = await streamParts(
      await serveResponses(
        stream(async function* failing() {
          yield "So far so good";
          throw new HttpError(503, "The model is overloaded.");
        }),
      ),
    );
    expect(JSON.stringify(ofType(parts, "error"))).toContain("The model is overloaded.");
  });
});
