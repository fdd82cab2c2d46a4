import OpenAI from "openai";
import { createAgentServer } from "@wheelhouse/agent-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDocsAgent, docs } from "../agent.js";
import { ROOT } from "./support/paths.js";

const server = createAgentServer({ agents: createDocsAgent({ root: ROOT, env: {} }) });
let url: string;
let client: OpenAI;
beforeAll(async () => {
  ({ url } = await server.listen({ port: 0 }));
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 });
});
afterAll(() => server.close({ graceMs: 0 }));

const ask = (input: string) => client.responses.create({ model: "docs", input });

describe("over /responses", () => {
  test("answers from the section that fits, shows its search and cites", async () => {
    const response = await ask("How do I stop a run?");
    expect(response.status).toBe("completed");
    expect(response.output.map(({ type }) => type)).toEqual(["mcp_call", "message"]);
    expect(response.output_text).toContain("docs/guide/stop-a-run.md#stop-a-run");
    expect(response.output_text).toContain("ctx.signal");
    expect(response.output_text).toContain("See also:");

    const [call, message] = response.output;
    if (call?.type !== "mcp_call" || message?.type !== "message") throw new Error("wrong items");
    expect(call.name).toBe("search_docs");
    expect(JSON.parse(call.arguments)).toEqual({ query: "How do I stop a run?" });
    expect(JSON.parse(call.output ?? "")[0]).toMatchObject({
      section: "docs/guide/stop-a-run.md#stop-a-run",
    });
    const [content] = message.content;
    if (content?.type !== "output_text") throw new Error("no text");
    expect(content.annotations).toMatchObject([
      { type: "url_citation", url: "docs/guide/stop-a-run.md#stop-a-run", title: "Stop a run" },
    ]);
  });

  test("counts no tokens: without a model there are none", async () => {
    const { usage } = await ask("How do I stream?");
    expect(usage?.total_tokens ?? 0).toBe(0);
  });

  test("streams the answer in pieces that make up the whole", async () => {
    const stream = client.responses.stream({ model: "docs", input: "Can I use decorators?" });
    const deltas: string[] = [];
    stream.on("response.output_text.delta", ({ delta }) => deltas.push(delta));
    const final = await stream.finalResponse();
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.join("")).toBe(final.output_text);
    expect(final.output_text).toContain("@invoke");
  });

  test.each(["hello", "", "thanks!", "what can you do?"])(
    "%j gets an explanation",
    async (input) => {
      const response = await ask(input);
      expect(response.output.map(({ type }) => type)).toEqual(["message"]);
      expect(response.output_text).toMatch(/^Hello\. I answer questions about Wheelhouse/);
      expect(response.output_text).toContain("How do I write an agent?");
    },
  );

  test("says plainly when nothing fits", async () => {
    const { output_text } = await ask("asdfgh");
    expect(output_text).toMatch(/^I found nothing about that/);
    expect(output_text).toContain("Which Node do I need?");
  });

  test("the last message is the question", async () => {
    const response = await client.responses.create({
      model: "docs",
      input: [
        { role: "user", content: "How do I stream?" },
        { role: "assistant", content: "Like so." },
        { role: "user", content: "And what is the default port?" },
      ],
    });
    expect(response.output_text).toContain("port 8000");
  });
});

test("over /invocations the tool shows as a pair", async () => {
  const answer = await fetch(`${url}/invocations`, {
    method: "POST",
    body: JSON.stringify({ input: [{ role: "user", content: "Which Node do I need?" }] }),
  });
  const { output } = (await answer.json()) as {
    output: { type: string; content?: [{ text: string }] }[];
  };
  expect(output.map(({ type }) => type)).toEqual([
    "function_call",
    "function_call_output",
    "message",
  ]);
  expect(output[2]?.content?.[0].text).toContain("22.13");
});

test("what the module exports is an agent named docs", () => {
  expect(docs).toMatchObject({ kind: "stream", name: "docsAgent", options: { name: "docs" } });
});
