import { join } from "node:path";
import { invoke, stream } from "@wheelhouse/agent-sdk";
import { createClient, outputText, type StreamEvent } from "@wheelhouse/client";
import { freePort, tempDir } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import { cuttingWire } from "../support/cutting-wire.js";
import { command, gate, randomOf, serve, until } from "../support/index.js";
import { range, replay } from "../support/stored.js";

const PIECES = 200;
const QUICK = { retryDelayMs: 5, maxRetryDelayMs: 20 };

/** Says 200 pieces, and counts how often it was asked. */
function talker() {
  const seen = { runs: 0, aborted: 0 };
  const agent = stream(async function* talker_(_request, { signal }) {
    seen.runs++;
    signal.addEventListener("abort", () => seen.aborted++);
    for (let at = 0; at < PIECES && !signal.aborted; at++) {
      yield `piece ${at} `;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });
  return { agent, seen };
}

const WHOLE = range(0, PIECES - 1)
  .map((at) => `piece ${at} `)
  .join("");

async function collect(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const all: StreamEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const textOf = (events: readonly StreamEvent[]): string =>
  events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");

describe("@wheelhouse/client and the agent server", () => {
  test.each(range(1, 6))(
    "R71 a foreground stream over a wire that breaks at random is whole, and runs once (%i)",
    async (seed) => {
      const { agent, seen } = talker();
      await using served = await serve({ agents: agent });
      const random = randomOf(seed);
      // Some connections break before their first event.
      await using wire = await cuttingWire(served.port, (connection) =>
        connection < 12 ? random.whole(1, 9_000) : Infinity,
      );
      const client = createClient({ baseUrl: wire.url, ...QUICK });
      const answer = client.responses.stream({ input: "talk" });
      const events = await collect(answer);
      const final = await answer.finalResponse();
      expect(wire.cuts()).toBeGreaterThan(2);
      expect(seen.runs).toBe(1);
      expect(events.map((event) => event.sequence_number)).toEqual(range(0, events.length - 1));
      expect(textOf(events)).toBe(WHOLE);
      expect(outputText(final)).toBe(WHOLE);
      const stored = await replay(served.url, final.id);
      expect(events.map((event) => event.type)).toEqual(stored.map(({ event }) => event));
      expect(await client.responses.retrieve(final.id)).toMatchObject({ status: "completed" });
    },
    30_000,
  );

  test("R71 a plain create over a wire that breaks runs once", async () => {
    const seen = { runs: 0 };
    const agent = invoke(() => {
      seen.runs++;
      return "done";
    });
    await using served = await serve({ agents: agent });
    await using wire = await cuttingWire(served.port, (connection) =>
      connection < 2 ? 20 : Infinity,
    );
    const client = createClient({ baseUrl: wire.url, ...QUICK });
    expect(outputText(await client.responses.create({ input: "hi" }))).toBe("done");
    expect(wire.cuts()).toBe(2);
    expect(seen.runs).toBe(1);
  });

  test("leaving the loop ends a run that nobody will come back to", async () => {
    const { agent, seen } = talker();
    await using served = await serve({ agents: agent });
    const client = createClient({ baseUrl: served.url, resume: false });
    const answer = client.responses.stream({ input: "talk" });
    for await (const event of answer) if (event.type === "response.output_text.delta") break;
    await until("the run is told", () => seen.aborted === 1);
    expect(await client.responses.retrieve(answer.responseId!)).toMatchObject({
      status: "failed",
      error: { code: "client_disconnected" },
    });
  });

  test("B72 B76 a background run is followed, left, taken up at the cursor and waited for", async () => {
    const { agent } = talker();
    await using served = await serve({ agents: agent });
    const client = createClient({ baseUrl: served.url, ...QUICK });
    const { id, status } = await client.responses.create({ input: "talk", background: true });
    expect(status).toBe("in_progress");
    const first = client.responses.attach(id);
    const seen: StreamEvent[] = [];
    for await (const event of first) {
      seen.push(event);
      if (seen.length === 40) break;
    }
    const rest = await collect(client.responses.attach(id, { after: first.cursor! }));
    expect(textOf([...seen, ...rest])).toBe(WHOLE);
    expect(outputText(await client.responses.wait(id))).toBe(WHOLE);
    expect(await client.responses.delete(id)).toMatchObject({ id, deleted: true });
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({
      kind: "api",
      status: 404,
      code: "response_not_found",
    });
  });

  test("B79 a cancelled run is AgentFailedError for who waits for it", async () => {
    const { opened } = gate();
    const agent = stream(async function* waiting(_request, { signal }) {
      yield "begun";
      await Promise.race([opened, new Promise((done) => signal.addEventListener("abort", done))]);
    });
    await using served = await serve({ agents: agent });
    const client = createClient({ baseUrl: served.url, ...QUICK });
    const { id } = await client.responses.create({ input: "wait", background: true });
    const followed = client.responses.attach(id).finalResponse();
    const waited = client.responses.wait(id, { pollMs: 5 });
    const failed = { kind: "agent_failed", response: { id, status: "cancelled" } };
    const outcomes = Promise.allSettled([followed, waited]);
    expect(await client.responses.cancel(id)).toMatchObject({ status: "cancelled" });
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: failed });
  });

  test("R49 R50 a conversation's items come back page by page", async () => {
    const agent = invoke(({ input }) => `heard ${input.length}`);
    await using served = await serve({ agents: agent });
    const client = createClient({ baseUrl: served.url, ...QUICK });
    const { id } = await client.conversations.create({ metadata: { topic: "wheels" } });
    for (const input of ["one", "two"]) await client.responses.create({ input, conversation: id });
    const texts: string[] = [];
    for await (const item of client.conversations.items.list(id, { limit: 1, order: "asc" }))
      texts.push((item as { content: { text: string }[] }).content[0]!.text);
    expect(texts).toEqual(["one", "heard 1", "two", "heard 3"]);
    expect(await client.conversations.retrieve(id)).toMatchObject({
      metadata: { topic: "wheels" },
    });
    expect(await client.conversations.delete(id)).toMatchObject({ deleted: true });
  });

  test("R71 a server that is killed and started again goes on with the same stream", async () => {
    await using folder = await tempDir();
    process.env["CRASH_JOURNAL"] = join(folder.path, "journal");
    const port = String(await freePort());
    const module = join(import.meta.dirname, "..", "fixtures", "crash-agent.ts");
    const start = () =>
      command("start", module, "--port", port, "--state-dir", folder.path, "--lease", "0.5");
    const first = await start();
    const { url } = await first.listening();
    const client = createClient({ baseUrl: url, retryDelayMs: 200, maxRetryDelayMs: 500 });
    const { id } = await client.responses.create({
      model: "resuming",
      input: "between",
      background: true,
    });
    const answer = client.responses.attach(id, { resume: { maxAttempts: 60 } });
    const events: StreamEvent[] = [];
    let second: ReturnType<typeof start> | undefined;
    for await (const event of answer) {
      events.push(event);
      if (second !== undefined || event.type !== "response.output_item.done") continue;
      await first.stop("SIGKILL");
      second = start();
    }
    await using _ = await second!;
    const final = await answer.finalResponse();
    expect(final.status).toBe("completed");
    expect(events.map((event) => event.sequence_number)).toEqual(range(0, events.length - 1));
    expect(await client.responses.retrieve(id)).toMatchObject({ attempt_number: 2 });
  }, 60_000);
});
