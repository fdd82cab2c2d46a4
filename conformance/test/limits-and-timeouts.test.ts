import { once } from "node:events";
import { invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  events,
  IN,
  json,
  MESSAGE,
  open,
  parseAnswer,
  post,
  serve,
  until,
} from "./support/index.js";

/** An agent that counts its calls. */
function counting() {
  const calls = { count: 0 };
  const agent = invoke(() => {
    calls.count += 1;
    return { output: [] };
  });
  return { agent, calls };
}

/** What a server says to the head of a request whose body does not come. */
async function answerToHead(port: number, head: string): Promise<ReturnType<typeof parseAnswer>> {
  const socket = await open(port);
  socket.on("error", () => {});
  socket.write(head);
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  await until("the answer", () => /\r\n\r\n.+/s.test(bytes.toString("latin1")));
  socket.destroy();
  return parseAnswer(bytes);
}

describe("the body limit", () => {
  const large = { input: [{ role: "user", content: "x".repeat(2_000) }] };

  test("B53 a body over it is 413 and starts no run", async () => {
    const { agent, calls } = counting();
    await using served = await serve({ agents: agent, bodyLimit: 1_000 });
    const response = await post(`${served.url}/invocations`, large);
    expect(response.status).toBe(413);
    expect((await json(response))["detail"]).toEqual(expect.any(String));
    expect(calls.count).toBe(0);
    expect((await post(`${served.url}/invocations`, IN)).status).toBe(200);
  });

  test("B53 /responses answers in the error envelope", async () => {
    const { agent, calls } = counting();
    await using served = await serve({ agents: agent, bodyLimit: 1_000 });
    const response = await post(`${served.url}/responses`, large);
    expect(response.status).toBe(413);
    expect(await json(response)).toMatchObject({
      error: { type: "invalid_request_error", code: "payload_too_large" },
      detail: expect.any(String),
    });
    expect(calls.count).toBe(0);
  });

  test("B53 a body that does not say its length is counted as it comes", async () => {
    const { agent, calls } = counting();
    await using served = await serve({ agents: agent, bodyLimit: 1_000 });
    const chunk = `400\r\n${"x".repeat(0x400)}\r\n`;
    const answer = await answerToHead(
      served.port,
      `POST /invocations HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`,
    );
    expect(answer.status).toBe(413);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(calls.count).toBe(0);
  });

  test("B53 a body exactly at it is accepted", async () => {
    const { agent } = counting();
    const bytes = Buffer.byteLength(JSON.stringify(large));
    await using served = await serve({ agents: agent, bodyLimit: bytes });
    expect((await post(`${served.url}/invocations`, large)).status).toBe(200);
    const longer = JSON.stringify(large).replace("{", "{ ");
    expect((await post(`${served.url}/invocations`, longer)).status).toBe(413);
  });

  test("B53 the default is 64 MiB", async () => {
    const { agent } = counting();
    await using served = await serve({ agents: agent });
    const head = (length: number) =>
      `POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
    expect((await answerToHead(served.port, head(64 * 1024 * 1024 + 1))).status).toBe(413);
  });

  test("R3 a body of the largest fields the API allows is accepted", async () => {
    const seen: number[] = [];
    const agent = invoke((request) => {
      seen.push(request.input_text.length);
      return { output: [MESSAGE] };
    });
    await using served = await serve({ agents: agent });
    const length = 10_485_760;
    const response = await post(`${served.url}/responses`, { input: "x".repeat(length) });
    expect(response.status).toBe(200);
    expect(seen).toEqual([length]);
  });
});

describe("the time limit", () => {
  /** Agents that never end; `told` holds the codes they were stopped with. */
  function hanging(options: { timeoutMs?: number } = {}) {
    const told: unknown[] = [];
    const watch = (signal: AbortSignal) =>
      signal.addEventListener("abort", () => told.push(signal.reason.code));
    const never = new Promise<never>(() => {});
    const agents = [
      invoke(options, (_request, { signal }) => {
        watch(signal);
        return never;
      }),
      // oxlint-disable-next-line require-yield
      stream(options, async function* silent(_request, { signal }) {
        watch(signal);
        await never;
      }),
    ];
    return { agents, told };
  }

  for (const by of ["server", "agent"] as const) {
    const limited = () => {
      const { agents, told } = hanging(by === "agent" ? { timeoutMs: 50 } : {});
      return { told, options: { agents, ...(by === "server" ? { timeoutMs: 50 } : {}) } };
    };

    test(`B54 an invoke over the ${by}'s is 504`, async () => {
      const { told, options } = limited();
      await using served = await serve(options);
      const response = await post(`${served.url}/invocations`, IN);
      expect(response.status).toBe(504);
      expect((await json(response))["detail"]).toEqual(expect.any(String));
      expect(told).toEqual(["task_timeout"]);
    });

    test(`B54 a stream over the ${by}'s that never yielded ends with an error and [DONE]`, async () => {
      const { told, options } = limited();
      await using served = await serve(options);
      const response = await post(`${served.url}/invocations`, { ...IN, stream: true });
      expect(response.status).toBe(200);
      expect(await events(response)).toEqual([{ error: expect.any(String) }]);
      expect(told).toEqual(["task_timeout"]);
    });
  }

  test("B54 a stream keeps what it had sent", async () => {
    const agent = stream({ timeoutMs: 200 }, async function* slow(_request, { signal }) {
      yield DELTA;
      await once(signal, "abort");
      throw new Error("a reason of the author's own");
    });
    await using served = await serve({ agents: agent });
    const sent = await events(await post(`${served.url}/invocations`, { ...IN, stream: true }));
    expect(sent).toEqual([DELTA, { error: expect.stringContaining("time limit") }]);
  });

  test("B54 /responses answers 504, and a stream fails with task_timeout", async () => {
    const { agents } = hanging();
    await using served = await serve({ agents, timeoutMs: 50 });
    const response = await post(`${served.url}/responses`, IN);
    expect(response.status).toBe(504);
    expect((await json(response))["error"]).toMatchObject({ code: "task_timeout" });
    const sent = await events(await post(`${served.url}/responses`, { ...IN, stream: true }));
    expect(sent.at(-2)).toMatchObject({ type: "error", error: { code: "task_timeout" } });
    expect(sent.at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { code: "task_timeout" } },
    });
  });

  test("B54 a run that ends in time has a deadline and no error", async () => {
    let left: number | undefined;
    const agent = invoke({ timeoutMs: 60_000 }, (_request, { deadline }) => {
      left = deadline && deadline.getTime() - Date.now();
      return { output: [] };
    });
    await using served = await serve({ agents: agent });
    expect((await post(`${served.url}/invocations`, IN)).status).toBe(200);
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });
});
