import { until } from "@wheelhouse/test-support";
import { describe, expect, test } from "vitest";
import { AgentFailedError, StreamInterruptedError } from "../src/index.js";
import { clientOf, collect, thrownBy } from "./support/client-of.js";
import { DONE, frame, scriptedServer, sse } from "./support/scripted-server.js";

const delta = (text: string): object => ({
  type: "response.output_text.delta",
  item_id: "msg_1",
  delta: text,
});

describe("invocations.stream", () => {
  test("gives the frames up to [DONE]", async () => {
    const frames = [delta("a"), delta("b"), { trace_id: "tr-1" }];
    await using server = await scriptedServer(
      (_seen, res) => void sse(res).end(frames.map(frame).join("") + DONE),
    );
    const stream = clientOf(server).invocations.stream({ input: [] }, { agent: "poet" });
    expect(await collect(stream)).toEqual(frames);
    expect(server.seen).toMatchObject([
      { method: "POST", url: "/agents/poet/invocations", body: { input: [], stream: true } },
    ]);
  });

  test("throws what the agent failed with", async () => {
    await using server = await scriptedServer(
      (_seen, res) => void sse(res).end(frame(delta("a")) + frame({ error: "it broke" }) + DONE),
    );
    const got: unknown[] = [];
    const error = await thrownBy(
      (async () => {
        for await (const event of clientOf(server).invocations.stream({ input: [] }))
          got.push(event);
      })(),
    );
    expect(got).toEqual([delta("a")]);
    expect(error).toBeInstanceOf(AgentFailedError);
    expect(error).toMatchObject({ message: "it broke" });
  });

  test.each(["cut", "end"])("is not resumed (%s)", async (how) => {
    await using server = await scriptedServer((_seen, res) => {
      sse(res).write(frame(delta("a")), () => (how === "cut" ? res.destroy() : res.end()));
    });
    const error = await thrownBy(collect(clientOf(server).invocations.stream({ input: [] })));
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect((error as Error).message).toContain("responses.stream");
    expect(server.seen).toHaveLength(1);
  });

  test("closes its connection when it is left", async () => {
    await using server = await scriptedServer(
      (_seen, res) => void sse(res).write(frame(delta("a"))),
    );
    let closed = false;
    for await (const _event of clientOf(server).invocations.stream({ input: [] })) {
      void server.seen[0]?.closed.then(() => (closed = true));
      break;
    }
    expect(await until(() => closed, { timeoutMs: 1_000 })).toBe(true);
  });
});
