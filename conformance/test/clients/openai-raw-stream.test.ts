import { HttpError, stream } from "@wheelhouse/agent-sdk";
import { APIError, APIUserAbortError } from "openai";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, test, vi } from "vitest";
import { createEndlessAgent } from "./support/endless-agent.js";
import { createGate } from "./support/gate.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

const MODEL = "agent";

/** Three times the second that the behaviours allow a run to notice that its client left. */
const LEAVE_TIMEOUT = { timeout: 3_000, interval: 10 };

async function collect(events: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const all: ResponseStreamEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe("openai: create({ stream: true })", () => {
  test("a piece of text arrives before the agent makes the next one", async () => {
    const gate = createGate();
    const client = openaiClient(
      await serveAgents(
        stream(async function* patient() {
          yield "first";
          await gate.opened;
          yield " second";
        }),
      ),
    );
    const events = await client.responses.create({ model: MODEL, input: "hi", stream: true });
    const deltas: string[] = [];
    for await (const event of events) {
      if (event.type !== "response.output_text.delta") continue;
      deltas.push(event.delta);
      gate.open();
    }
    expect(deltas).toEqual(["first", " second"]);
  });

  test("two streams at the same time keep to themselves", async () => {
    const gates = { a: createGate(), b: createGate() };
    const client = openaiClient(
      await serveAgents(
        stream(async function* echo(request) {
          yield `${request.input_text} begins, `;
          gates[request.input_text as "a" | "b"].open();
          await Promise.all([gates.a.opened, gates.b.opened]);
          yield `${request.input_text} ends`;
        }),
      ),
    );
    const [a, b] = await Promise.all(
      ["a", "b"].map((input) => client.responses.stream({ model: MODEL, input }).finalResponse()),
    );
    expect(a?.output_text).toBe("a begins, a ends");
    expect(b?.output_text).toBe("b begins, b ends");
    expect(a?.id).not.toBe(b?.id);
  });
});

describe("openai: a client that leaves", () => {
  test("B49 breaking out of a stream ends the agent's run", async () => {
    const endless = createEndlessAgent();
    const client = openaiClient(await serveAgents(endless.agents));
    const events = await client.responses.create({ model: MODEL, input: "hi", stream: true });
    for await (const event of events) {
      if (event.type === "response.output_text.delta") break;
    }
    await vi.waitFor(() => expect(endless.ended).toBe(1), LEAVE_TIMEOUT);
    expect(endless.reasons).toEqual(["client_disconnected"]);
    expect(endless.started).toBe(1);
  });

  test("B49 abort() of the streaming helper ends it too", async () => {
    const endless = createEndlessAgent();
    const client = openaiClient(await serveAgents(endless.agents));
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    runner.on("response.output_text.delta", () => runner.abort());
    await expect(runner.done()).rejects.toBeInstanceOf(APIUserAbortError);
    await vi.waitFor(() => expect(endless.ended).toBe(1), LEAVE_TIMEOUT);
    expect(endless.reasons).toEqual(["client_disconnected"]);
  });

  test("B50 aborting a call that does not stream aborts the agent's signal", async () => {
    const endless = createEndlessAgent();
    const client = openaiClient(await serveAgents(endless.agents));
    const controller = new AbortController();
    const answer = client.responses.create(
      { model: MODEL, input: "hi" },
      { signal: controller.signal },
    );
    const outcome = answer.catch((thrown: unknown) => thrown);
    await vi.waitFor(() => expect(endless.started).toBe(1), LEAVE_TIMEOUT);
    controller.abort();
    expect(await outcome).toBeInstanceOf(APIUserAbortError);
    await vi.waitFor(() => expect(endless.ended).toBe(1), LEAVE_TIMEOUT);
    expect(endless.reasons).toEqual(["client_disconnected"]);
  });
});

describe("openai: an agent that fails in the middle of a stream", () => {
  const failing = (error: unknown, runs: { count: number } = { count: 0 }) =>
    stream(async function* failsInTheMiddle() {
      runs.count += 1;
      yield "So far ";
      yield "so good";
      throw error;
    });

  test("B69 create({ stream: true }) raises the server's message after what came before it", async () => {
    const client = openaiClient(
      await serveAgents(failing(new HttpError(429, "The upstream model is overloaded."))),
    );
    const events = await client.responses.create({ model: MODEL, input: "hi", stream: true });
    const deltas: string[] = [];
    const consumed = (async () => {
      for await (const event of events) {
        if (event.type === "response.output_text.delta") deltas.push(event.delta);
      }
    })();
    const error: unknown = await consumed.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect((error as Error).message).toContain("The upstream model is overloaded.");
    expect(deltas.join("")).toBe("So far so good");
  });

  test("B69 responses.stream() raises it too", async () => {
    const client = openaiClient(
      await serveAgents(failing(new HttpError(503, "The upstream model is overloaded."))),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    await expect(runner.finalResponse()).rejects.toThrow("The upstream model is overloaded.");
  });

  test("B26 B69 what was not thrown on purpose reads as an internal error with the request's id", async () => {
    const client = openaiClient(await serveAgents(failing(new Error("secret"))));
    const { data: events, request_id: requestId } = await client.responses
      .create({ model: MODEL, input: "hi", stream: true })
      .withResponse();
    const error: unknown = await collect(events).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect((error as Error).message).toContain(`Internal server error (request ${requestId})`);
    expect(JSON.stringify(error)).not.toContain("secret");
  });

  test("B25 B69 exposeErrors shows it", async () => {
    const client = openaiClient(
      await serveAgents(failing(new Error("the disk is full")), { exposeErrors: true }),
    );
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    await expect(runner.finalResponse()).rejects.toThrow("the disk is full");
  });

  test("B69 a failure before the first event raises it, and the agent ran once", async () => {
    let runs = 0;
    const client = openaiClient(
      await serveAgents(
        // oxlint-disable-next-line require-yield -- it fails before it has anything to yield
        stream(async function* failsAtOnce() {
          runs += 1;
          throw new HttpError(500, "No model is loaded.");
        }),
      ),
    );
    const answer = async () =>
      collect(await client.responses.create({ model: MODEL, input: "hi", stream: true }));
    await expect(answer()).rejects.toThrow("No model is loaded.");
    expect(runs).toBe(1);
  });

  test("a failed stream runs the agent once", async () => {
    const runs = { count: 0 };
    const client = openaiClient(await serveAgents(failing(new Error("boom"), runs)));
    const runner = client.responses.stream({ model: MODEL, input: "hi" });
    await expect(runner.finalResponse()).rejects.toThrow("Internal server error");
    expect(runs.count).toBe(1);
  });
});
