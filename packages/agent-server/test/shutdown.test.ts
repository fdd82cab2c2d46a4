import { once } from "node:events";
import type { AgentContext } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import { gate } from "./support/gate.js";
import { deltaText, events, IN, PATHS, post, postJson, STREAM } from "./support/http.js";
import { looseStream } from "./support/loose-agent.js";
import { remoteStore } from "./support/remote-store.js";
import { serve } from "./support/serve.js";
import { noUnhandled } from "./support/unhandled.js";

noUnhandled();

/** A client that has left a run that goes on. */
async function leaveStream(url: string): Promise<void> {
  const client = new AbortController();
  const response = await post(url, STREAM, { signal: client.signal });
  await response.body!.getReader().read();
  client.abort();
}

for (const path of PATHS) {
  test(`B55 ${path}: a stream that outlasts the grace says that it is over, through a remote store too`, async () => {
    const agent = looseStream(async function* author(_request, { signal }) {
      yield "a";
      await once(signal, "abort");
      await new Promise(() => {});
    });
    for (const options of [{}, { store: remoteStore({ latency: 2 }) }]) {
      // oxlint-disable-next-line no-await-in-loop -- one server after the other.
      await using served = await serve({ agents: agent, ...options });
      // oxlint-disable-next-line no-await-in-loop -- as above.
      const response = await post(`${served.url}${path}`, STREAM);
      const all = events(response);
      // oxlint-disable-next-line no-await-in-loop -- as above.
      await served.server.close({ graceMs: 300 });
      // oxlint-disable-next-line no-await-in-loop -- as above.
      const read = await all;
      expect(deltaText(read)).toBe("a");
      expect(JSON.stringify(read.at(-1))).toContain("shutting down");
    }
  });

  test(`B55 ${path}: a request that waits for a place is told that the server shuts down`, async () => {
    const agent = looseStream(
      async function* author(_request, { signal }) {
        yield "a";
        await once(signal, "abort");
      },
      { concurrency: 1, disconnect: "detach" },
    );
    await using served = await serve({ agents: agent });
    await leaveStream(`${served.url}${path}`);
    const waiting = postJson(`${served.url}${path}`, IN);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = served.server.close({ graceMs: 300 });
    expect(await waiting).toMatchObject({ status: 503, body: { detail: expect.any(String) } });
    await closed;
  });
}

describe("runs whose clients have left", () => {
  test("B55 have the rest of the grace to end by themselves", async () => {
    const go = gate();
    let ended: boolean | undefined;
    const agent = looseStream(
      async function* author(_request, { draining, signal }) {
        yield "a";
        if (!draining.aborted) await once(draining, "abort");
        await go.opened;
        ended = !signal.aborted;
      },
      { disconnect: "detach" },
    );
    await using served = await serve({ agents: agent });
    await leaveStream(`${served.url}/responses`);
    const closed = served.server.close({ graceMs: 20_000 });
    go.open();
    await closed;
    expect(ended).toBe(true);
  });

  for (const disconnect of ["detach", { graceMs: 60_000 }] as const)
    test(`B55 are stopped when the grace is over: ${JSON.stringify(disconnect)}`, async () => {
      let context: AgentContext | undefined;
      const agent = looseStream(
        async function* author(_request, given) {
          context = given;
          yield "a";
          await new Promise(() => {});
        },
        { disconnect },
      );
      await using served = await serve({ agents: agent });
      await leaveStream(`${served.url}/invocations`);
      const began = performance.now();
      await Promise.all([served.server.close({ graceMs: 200 }), served.server.close()]);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(context!.signal.reason).toMatchObject({ code: "shutting_down" });
    });
});
