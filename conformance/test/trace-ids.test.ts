import { invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  DONE,
  events,
  H,
  IN,
  json,
  looseStream,
  MESSAGE,
  post,
  S,
  serve,
} from "./support/index.js";

const WANTED = { "x-mlflow-return-trace-id": "true" };
const TRACE_ID = /^tr-(?!0{32}$)[0-9a-f]{32}$/;

describe("the trace id of an invoke", () => {
  test.each(["true", "True", "TRUE", "tRuE"])(
    "B39 is in metadata with the header %s, and another in each request",
    async (value) => {
      await using served = await serve({ agents: H });
      const headers = { "x-mlflow-return-trace-id": value };
      const ids = new Set<string>();
      for (let n = 0; n < 3; n++) {
        const body = await json(await post(`${served.url}/invocations`, IN, headers));
        expect(body).toEqual({
          output: [MESSAGE],
          metadata: { trace_id: expect.stringMatching(TRACE_ID) },
        });
        ids.add(body["metadata"].trace_id);
      }
      expect(ids.size).toBe(3);
    },
  );

  test.each(["1", "yes", "false", "", "true,true"])(
    "B40 is not there with the header %j",
    async (value) => {
      await using served = await serve({ agents: [H, S] });
      const headers = { "x-mlflow-return-trace-id": value };
      const body = await json(await post(`${served.url}/invocations`, IN, headers));
      expect(body).toEqual({ output: [MESSAGE] });
      const full = await json(await post(`${served.url}/responses`, IN, headers));
      expect(full["metadata"]).toEqual({});
      const sent = await events(
        await post(`${served.url}/invocations`, { ...IN, stream: true }, headers),
      );
      expect(sent).toEqual([DELTA, DONE]);
    },
  );

  test("B40 is not there without the header", async () => {
    await using served = await serve({ agents: H });
    const body = await json(await post(`${served.url}/invocations`, IN));
    expect(body).not.toHaveProperty("metadata");
  });

  test("B41 joins the handler's own metadata", async () => {
    const agent = invoke(() => ({ output: [MESSAGE], metadata: { a: "b" } }));
    await using served = await serve({ agents: agent });
    const body = await json(await post(`${served.url}/invocations`, IN, WANTED));
    expect(body["metadata"]).toEqual({ a: "b", trace_id: expect.stringMatching(TRACE_ID) });
  });

  test("B42 does not change the handler's own object", async () => {
    const result = { output: [MESSAGE], metadata: { a: "b" } };
    await using served = await serve({ agents: invoke(() => result) });
    for (const path of ["/invocations", "/responses", "/invocations"])
      await post(`${served.url}${path}`, IN, WANTED);
    expect(result).toEqual({ output: [MESSAGE], metadata: { a: "b" } });
  });

  test("B42 is in the answer of a handler whose object is frozen", async () => {
    const result = Object.freeze({ output: [MESSAGE], metadata: Object.freeze({ a: "b" }) });
    await using served = await serve({ agents: invoke(() => result) });
    const body = await json(await post(`${served.url}/invocations`, IN, WANTED));
    expect(body["metadata"]).toEqual({ a: "b", trace_id: expect.stringMatching(TRACE_ID) });
  });

  test("B39 is in response.metadata on /responses, beside the client's own", async () => {
    await using served = await serve({ agents: H });
    const body = { ...IN, metadata: { mine: "1" } };
    const full = await json(await post(`${served.url}/responses`, body, WANTED));
    expect(full["metadata"]).toEqual({ mine: "1", trace_id: expect.stringMatching(TRACE_ID) });
  });
});

describe("the trace id of a stream", () => {
  test("B43 is the frame before [DONE] on /invocations", async () => {
    await using served = await serve({ agents: S });
    const sent = await events(
      await post(`${served.url}/invocations`, { ...IN, stream: true }, WANTED),
    );
    expect(sent).toEqual([DELTA, DONE, { trace_id: expect.stringMatching(TRACE_ID) }]);
  });

  test("B45 is sent after an error too", async () => {
    const agent = stream(async function* fails() {
      yield DELTA;
      throw new Error("boom");
    });
    await using served = await serve({ agents: agent });
    const sent = await events(
      await post(`${served.url}/invocations`, { ...IN, stream: true }, WANTED),
    );
    expect(sent).toEqual([
      DELTA,
      { error: expect.any(String) },
      { trace_id: expect.stringMatching(TRACE_ID) },
    ]);
  });

  test("B39 is on the terminal event on /responses, never a bare frame", async () => {
    await using served = await serve({ agents: S });
    const sent = await events(
      await post(`${served.url}/responses`, { ...IN, stream: true }, WANTED),
    );
    for (const event of sent) expect(event["type"]).toMatch(/^response\./);
    const last = sent.at(-1)!;
    expect(last["trace_id"]).toMatch(TRACE_ID);
    expect(last["response"].metadata.trace_id).toBe(last["trace_id"]);
    expect(sent.slice(0, -1).some((event) => "trace_id" in event)).toBe(false);
  });

  test("B39 is on the terminal event of a failure on /responses", async () => {
    const agent = stream(async function* fails() {
      yield DELTA;
      throw new Error("boom");
    });
    await using served = await serve({ agents: agent });
    const sent = await events(
      await post(`${served.url}/responses`, { ...IN, stream: true }, WANTED),
    );
    expect(sent.at(-1)).toMatchObject({
      type: "response.failed",
      trace_id: expect.stringMatching(TRACE_ID),
    });
  });
});

describe("a base agent", () => {
  test("B44 has no trace id in body or stream", async () => {
    const base = invoke(() => ({ a: 1 }));
    const chunks = looseStream(async function* chunks() {
      yield { b: 2 };
    });
    await using served = await serve({ agents: [base, chunks], agentType: null });
    expect(await json(await post(`${served.url}/invocations`, {}, WANTED))).toEqual({ a: 1 });
    const sent = await events(await post(`${served.url}/invocations`, { stream: true }, WANTED));
    expect(sent).toEqual([{ b: 2 }]);
  });
});
