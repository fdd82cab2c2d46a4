import { once } from "node:events";
import { stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { gate, serve, until } from "./support/index.js";
import { fetchJson, postJson, readAndDrop, replay, untilStatus } from "./support/stored.js";

type Policy = "cancel" | "detach" | { graceMs: number };

/** An agent that says one word, waits for the gate or its signal, and says another. */
function speaker(disconnect?: Policy) {
  const opened = gate();
  const seen = { reasons: [] as unknown[], ended: 0 };
  const agent = stream({ disconnect }, async function* speaker_(_request, { signal }) {
    signal.addEventListener("abort", () => seen.reasons.push(signal.reason));
    try {
      yield "one ";
      await Promise.race([opened.opened, once(signal, "abort")]);
      if (!signal.aborted) yield "two";
    } finally {
      seen.ended++;
    }
  });
  return { agent, open: opened.open, seen };
}

/** Starts a stream, drops it after the first word, and gives the response's id. */
async function startAndDrop(url: string, body: object = {}): Promise<string> {
  const frames = await readAndDrop(`${url}/responses`, {
    body: { input: "hi", stream: true, ...body },
    enough: (got) => got.some(({ event }) => event === "response.output_text.delta"),
  });
  return (JSON.parse(frames[0]!.data) as { response: { id: string } }).response.id;
}

const disconnected = { status: "failed", error: { code: "client_disconnected" } };

describe("R62 a client that leaves a stored stream", () => {
  for (const [name, policy, body] of [
    ["by default", undefined, {}],
    ["where the agent says cancel", "cancel", {}],
    ["where the request says cancel", "detach", { disconnect: "cancel" }],
  ] as const) {
    test(`R62 ${name} ends the run as failed`, async () => {
      const { agent, seen } = speaker(policy);
      await using served = await serve({ agents: agent });
      const id = await startAndDrop(served.url, body);
      const ended = await untilStatus(served.url, id, "failed");
      expect(ended).toMatchObject(disconnected);
      expect(seen.ended).toBe(1);
      const last = (await replay(served.url, id)).at(-1)!;
      expect(last.event).toBe("response.failed");
    });
  }

  for (const [name, policy, body] of [
    ["where the agent says detach", "detach", {}],
    ["where the request says detach", undefined, { disconnect: "detach" }],
  ] as const) {
    test(`R62 ${name} lets the run go on, and it can be cancelled`, async () => {
      const { agent, open, seen } = speaker(policy);
      await using served = await serve({ agents: agent });
      const id = await startAndDrop(served.url, body);
      open();
      const ended = await untilStatus(served.url, id, "completed");
      expect(ended["output"][0].content[0].text).toBe("one two");
      expect(seen.reasons).toEqual([]);

      const other = speaker(policy);
      await using again = await serve({ agents: other.agent });
      const cancelId = await startAndDrop(again.url, body);
      const cancelled = await postJson(`${again.url}/responses/${cancelId}/cancel`);
      expect(cancelled).toMatchObject({ status: 200, body: { status: "cancelled" } });
    });
  }

  test("R62 within its grace may come back and finds the run alive", async () => {
    const { agent, open, seen } = speaker({ graceMs: 60_000 });
    await using served = await serve({ agents: agent });
    const id = await startAndDrop(served.url);
    const rest = replay(served.url, id, "&starting_after=2");
    open();
    expect((await rest).at(-1)!.event).toBe("response.completed");
    expect(seen.reasons).toEqual([]);
  });

  test("R62 after its grace the run has failed", async () => {
    const { agent, seen } = speaker();
    await using served = await serve({ agents: agent });
    const id = await startAndDrop(served.url, { disconnect: { graceMs: 50 } });
    expect((await fetchJson(`${served.url}/responses/${id}`)).body["status"]).toBe("in_progress");
    expect(await untilStatus(served.url, id, "failed")).toMatchObject(disconnected);
    await until("the author has ended", () => seen.ended === 1);
  });

  test("R62 a policy that is none is refused by name", async () => {
    const { agent } = speaker();
    await using served = await serve({ agents: agent });
    for (const disconnect of ["stay", { graceMs: -1 }, 5]) {
      const refused = await postJson(`${served.url}/responses`, { input: "hi", disconnect });
      expect(refused.status).toBe(400);
      expect(refused.body["error"].param).toMatch(/^disconnect/);
    }
  });
});
