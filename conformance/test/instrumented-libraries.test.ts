import { OpenTelemetry } from "@ai-sdk/otel";
import { trace as otel } from "@opentelemetry/api";
import { invoke, trace } from "@wheelhouse/agent-sdk";
import { createSqliteTraceStore } from "@wheelhouse/store/sqlite";
import { tempDir } from "@wheelhouse/test-support";
import { createTracing, type Trace } from "@wheelhouse/tracing";
import { generateText, registerTelemetry, stepCountIs, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { IN, post, serve, type ServerOptions } from "./support/index.js";

// Libraries that make spans through OpenTelemetry's API, with the tracing registered as the process's.

/** Serves one run and gives its trace. */
async function traceOf(agents: ServerOptions["agents"]): Promise<Trace> {
  await using folder = await tempDir();
  const store = createSqliteTraceStore({ path: join(folder.path, "traces.db") });
  const tracing = createTracing({ store, env: {} });
  await tracing.register();
  try {
    await using served = await serve({ agents, tracer: tracing.tracer });
    await (await post(`${served.url}/invocations`, IN)).text();
    const { traces } = await tracing.traces!.list();
    return (await tracing.traces!.get(traces[0]!.trace_id))!;
  } finally {
    await tracing.close();
  }
}

/** Names of the spans from the root down to that one. */
function path({ spans }: Trace, name: string): string[] {
  const names: string[] = [];
  let at = spans.find((span) => span.name === name);
  while (at !== undefined) {
    names.unshift(at.name);
    const { parent_id } = at;
    at = spans.find(({ span_id }) => span_id === parent_id);
  }
  return names;
}

describe("spans through OpenTelemetry's API", () => {
  test("are under the run, and authors' spans under them, as deep as they nest", async () => {
    const inner = trace(async () => "x", { name: "inner" });
    const agents = invoke(async function agent() {
      const outer = trace(
        () =>
          otel.getTracer("library").startActiveSpan("library", async (span) => {
            span.setAttribute("gen_ai.operation.name", "chat");
            span.setAttribute("api_key", "s3cr3t");
            await Promise.resolve();
            const result = await inner();
            span.end();
            return result;
          }),
        { name: "outer" },
      );
      return outer();
    });
    const found = await traceOf(agents);
    expect(path(found, "inner")).toEqual(["agent", "outer", "library", "inner"]);
    const library = found.spans.find(({ name }) => name === "library")!;
    expect(library).toMatchObject({ type: "CHAT_MODEL", attributes: { api_key: "[redacted]" } });
  });

  test("a second SDK in the process is refused by name", async () => {
    const [one, two] = [createTracing({ env: {} }), createTracing({ env: {} })];
    await one.register();
    await expect(two.register()).rejects.toThrow(/Another OpenTelemetry SDK/);
    await Promise.all([one.close(), two.close()]);
    const three = createTracing({ env: {} });
    await three.register();
    await three.close();
  });
});

describe("the AI SDK", () => {
  test("has its model calls and tools in the run's trace, with prompt, answer and tokens", async () => {
    registerTelemetry(new OpenTelemetry());
    let calls = 0;
    const usage = {
      inputTokens: { total: 9, noCache: 9, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 4, text: 4, reasoning: 0 },
    };
    const model = new MockLanguageModelV4({
      modelId: "mock",
      doGenerate: async () =>
        ++calls === 1
          ? {
              content: [{ type: "tool-call", toolCallId: "t1", toolName: "add", input: '{"a":1}' }],
              finishReason: { unified: "tool-calls", raw: undefined },
              usage,
              warnings: [],
            }
          : {
              content: [{ type: "text", text: "it is 2" }],
              finishReason: { unified: "stop", raw: undefined },
              usage,
              warnings: [],
            },
    });
    const agents = invoke(async function agent(request) {
      const { text } = await generateText({
        model,
        prompt: request.input_text,
        stopWhen: stepCountIs(3),
        tools: {
          add: tool({
            description: "adds one",
            inputSchema: z.object({ a: z.number() }),
            execute: async ({ a }) => a + 1,
          }),
        },
      });
      return text;
    });
    const found = await traceOf(agents);
    const types = found.spans.map(({ type }) => type);
    expect(types.filter((type) => type === "CHAT_MODEL")).toHaveLength(2);
    expect(types.filter((type) => type === "TOOL")).toHaveLength(1);
    const last = found.spans.findLast(({ type }) => type === "CHAT_MODEL")!;
    expect(path(found, last.name)[0]).toBe("agent");
    expect(JSON.stringify(last.inputs)).toContain("hi");
    expect(JSON.stringify(last.outputs)).toContain("it is 2");
    expect(last.attributes["gen_ai.usage.input_tokens"]).toBe(9);
  });
});
