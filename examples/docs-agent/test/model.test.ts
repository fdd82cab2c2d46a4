import OpenAI from "openai";
import { createAgentServer } from "@wheelhouse/agent-server";
import { describe, expect, test, vi } from "vitest";
import { createDocsAgent } from "../agent.js";
import { chooseModel } from "../choose-model.js";
import {
  openStream,
  type Script,
  sendPiece,
  startModelServer,
  streamText,
} from "./support/model-server.js";
import { ROOT } from "./support/paths.js";

/** The agent with a scripted model behind it, served on a free port. */
async function serveWithModel(script: Script) {
  const model = await startModelServer(script);
  const warn = vi.fn<(...line: unknown[]) => void>();
  const quiet = (): void => {};
  const env = {
    OPENAI_API_KEY: "test",
    OPENAI_BASE_URL: model.baseURL,
    DOCS_AGENT_MODEL: "scripted",
  };
  const server = createAgentServer({
    agents: createDocsAgent({ root: ROOT, env }),
    logger: { debug: quiet, info: quiet, warn, error: quiet },
  });
  const { url } = await server.listen({ port: 0 });
  return {
    model,
    warn,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 }),
    async [Symbol.asyncDispose]() {
      await server.close({ graceMs: 0 });
      await model[Symbol.asyncDispose]();
    },
  };
}

const QUESTION = { model: "docs", input: "How do I stop a run?" };

describe("with a model", () => {
  test("it writes the answer from the sections, and its tokens are counted", async () => {
    await using served = await serveWithModel((_chat, response) =>
      streamText(response, ["Close the ", "connection [1]."]),
    );
    const response = await served.client.responses.create(QUESTION);
    expect(response.output_text).toBe("Close the connection [1].");
    expect(response.usage).toMatchObject({
      input_tokens: 321,
      output_tokens: 7,
      total_tokens: 328,
    });

    expect(served.model.requests).toHaveLength(1);
    const [{ model, messages }] = served.model.requests as [(typeof served.model.requests)[0]];
    expect(model).toBe("scripted");
    expect(messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(JSON.stringify(messages[1])).toContain("docs/guide/stop-a-run.md#stop-a-run");
    expect(JSON.stringify(messages[1])).toContain("Question: How do I stop a run?");
  });

  test("only the sections it names are cited", async () => {
    await using served = await serveWithModel((_chat, response) =>
      streamText(response, ["Look there [2]."]),
    );
    const response = await served.client.responses.create(QUESTION);
    const [call, message] = response.output;
    if (call?.type !== "mcp_call" || message?.type !== "message") throw new Error("wrong items");
    const hits = JSON.parse(call.output ?? "[]") as { section: string }[];
    expect(message.content[0]).toMatchObject({ annotations: [{ url: hits[1]?.section }] });
  });

  test("a model that fails leaves the answer to the search", async () => {
    await using served = await serveWithModel((_chat, response) => {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ error: { message: "bad key sk-secret", type: "x", code: "x" } }),
      );
    });
    const response = await served.client.responses.create(QUESTION);
    expect(response.status).toBe("completed");
    expect(response.output_text).toMatch(/^\(The model scripted could not answer/);
    expect(response.output_text).toContain("docs/guide/stop-a-run.md#stop-a-run");
    expect(response.output_text).not.toContain("sk-secret");
    expect(served.warn).toHaveBeenCalledOnce();
  });

  test("one that breaks off is noted, and the search finishes the answer", async () => {
    await using served = await serveWithModel((_chat, response) => {
      openStream(response);
      sendPiece(response, "Close the ");
      setImmediate(() => response.destroy());
    });
    const { output_text } = await served.client.responses.create(QUESTION);
    expect(output_text).toMatch(/^Close the \n\n\(The model scripted could not finish/);
    expect(output_text).toContain("See also:");
  });

  test("a client that leaves ends the call to the model", async () => {
    let left = false;
    await using served = await serveWithModel((_chat, response) => {
      response.on("close", () => (left = true));
      openStream(response);
      sendPiece(response, "Close the ");
    });
    for await (const event of await served.client.responses.create({ ...QUESTION, stream: true }))
      if (event.type === "response.output_text.delta") break;
    await vi.waitFor(() => expect(left).toBe(true), 5_000);
    expect(served.warn).not.toHaveBeenCalled();
  });

  test("greetings do not reach it", async () => {
    await using served = await serveWithModel((_chat, response) => streamText(response, ["no"]));
    await served.client.responses.create({ model: "docs", input: "hello" });
    expect(served.model.requests).toEqual([]);
  });
});

describe("chooseModel", () => {
  test("takes OpenAI's key before Anthropic's, and none without a key", () => {
    expect(chooseModel({})).toBeUndefined();
    expect(chooseModel({ OPENAI_API_KEY: "" })).toBeUndefined();
    expect(chooseModel({ ANTHROPIC_API_KEY: "a" })?.provider).toBe("anthropic");
    expect(chooseModel({ ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o" })?.provider).toBe("openai");
  });

  test("DOCS_AGENT_MODEL and the base URL are used", () => {
    expect(
      chooseModel({ OPENAI_API_KEY: "o", DOCS_AGENT_MODEL: "m", OPENAI_BASE_URL: "http://x/v1" }),
    ).toEqual({ provider: "openai", name: "m", apiKey: "o", baseURL: "http://x/v1" });
  });
});
