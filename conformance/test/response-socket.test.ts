import { once } from "node:events";
import { ev, HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import type { AgentRequest } from "@wheelhouse/core";
import { describe, expect, test } from "vitest";
import { gate, H, S, serve, until } from "./support/index.js";
import { openSocket } from "./support/socket-client.js";
import { fetchJson, range, replay } from "./support/stored.js";

const create = (fields: object = {}) => ({ type: "response.create", input: "hi", ...fields });

/** An agent that remembers what it was given. */
function echo() {
  const given: AgentRequest[] = [];
  const agent = invoke((request) => {
    given.push(request);
    return `answer ${given.length}`;
  });
  return { agent, given };
}

describe("the WebSocket of /responses", () => {
  for (const path of ["/responses", "/v1/responses"]) {
    test(`R56 ${path} sends the events of a stream as messages`, async () => {
      await using served = await serve({ agents: S });
      await using socket = await openSocket(served.url, path);
      socket.send(create());
      const messages = await socket.turn();
      expect(messages[0]!["type"]).toBe("response.created");
      expect(messages.at(-1)).toMatchObject({
        type: "response.completed",
        response: { status: "completed", output: [{ type: "message" }] },
      });
      expect(messages.map((message) => message["sequence_number"])).toEqual(
        range(0, messages.length - 1),
      );
      const { id } = messages[0]!["response"];
      const stored = await replay(served.url, id);
      expect(stored.map(({ data }) => JSON.parse(data) as unknown)).toEqual(messages);
    });
  }

  test.each([true, false])(
    "R56 generate: false keeps the input for the next turn and does not call the agent (store: %s)",
    async (store) => {
      const { agent, given } = echo();
      await using served = await serve({ agents: agent });
      await using socket = await openSocket(served.url);
      socket.send(create({ input: "warm", store, generate: false }));
      const warm = (await socket.turn()).at(-1)!;
      expect(warm).toMatchObject({
        type: "response.completed",
        response: { status: "completed", output: [] },
      });
      expect(given).toEqual([]);
      const previous = warm["response"].id;
      socket.send(create({ input: "go", store, previous_response_id: previous, generate: true }));
      expect((await socket.turn()).at(-1)).toMatchObject({ type: "response.completed" });
      expect(given).toHaveLength(1);
      expect(given[0]!.input.map(({ content }) => content)).toEqual(["warm", "go"]);
      socket.send(create({ generate: "no" }));
      expect((await socket.turn()).at(-1)).toMatchObject({
        type: "error",
        error: { code: "invalid_request", param: "generate" },
      });
    },
  );

  test("R57 turns run one after the other, in order", async () => {
    let running = 0;
    let most = 0;
    const agent = stream(async function* busy(request) {
      most = Math.max(most, ++running);
      yield request.input_text;
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
    });
    await using served = await serve({ agents: agent });
    await using socket = await openSocket(served.url);
    for (const input of ["one", "two", "three"]) socket.send(create({ input }));
    const texts: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const last = (await socket.turn()).at(-1)!;
      texts.push(last["response"].output[0].content[0].text);
    }
    expect(texts).toEqual(["one", "two", "three"]);
    expect(most).toBe(1);
  });

  test("R58 a response that was not stored is remembered by its connection alone", async () => {
    const { agent, given } = echo();
    await using served = await serve({ agents: agent });
    await using socket = await openSocket(served.url);
    socket.send(create({ store: false }));
    const { id } = (await socket.turn()).at(-1)!["response"];
    expect((await fetchJson(`${served.url}/responses/${id}`)).status).toBe(404);
    socket.send(create({ store: false, input: "more", previous_response_id: id }));
    expect((await socket.turn()).at(-1)!["type"]).toBe("response.completed");
    expect(given[1]!.input).toHaveLength(3);

    await using other = await openSocket(served.url);
    other.send(create({ store: false, previous_response_id: id }));
    expect(await other.turn()).toEqual([
      {
        type: "error",
        status: 400,
        error: expect.objectContaining({
          code: "previous_response_not_found",
          type: "invalid_request_error",
          message: expect.any(String),
          param: "previous_response_id",
        }),
      },
    ]);
    other.send(create());
    expect((await other.turn()).at(-1)!["type"]).toBe("response.completed");
  });

  test("R59 a continuation that fails takes what it went on with along", async () => {
    const agent = invoke(() => [ev.call("call_1", "f", {})]);
    await using served = await serve({ agents: agent });
    await using socket = await openSocket(served.url);
    socket.send(create({ store: false }));
    const { id } = (await socket.turn()).at(-1)!["response"];
    const output = { type: "function_call_output", call_id: "call_other", output: "1" };
    socket.send(create({ store: false, previous_response_id: id, input: [output] }));
    expect((await socket.turn())[0]).toMatchObject({ type: "error", status: 400 });
    socket.send(create({ store: false, previous_response_id: id }));
    expect((await socket.turn())[0]).toMatchObject({
      type: "error",
      error: { code: "previous_response_not_found" },
    });
  });

  test("R60 a wrong message is an error, and the connection stays", async () => {
    await using served = await serve({ agents: S });
    await using socket = await openSocket(served.url);
    const wrong: [unknown, object][] = [
      ["not json", { code: "invalid_json" }],
      ["[1]", { code: "invalid_json" }],
      [{ type: "response.steer" }, { code: "invalid_request", param: "type" }],
      [create({ background: true }), { code: "unsupported_parameter", param: "background" }],
      [create({ input: [{ role: "robot", content: "x" }] }), { param: "input[0].role" }],
      [{ type: "response.create" }, { param: "input" }],
      [create({ conversation: "conv_x" }), { code: "conversation_not_found" }],
    ];
    for (const [message, error] of wrong) {
      socket.send(message);
      const [first] = await socket.turn();
      expect(first).toMatchObject({ type: "error", status: expect.any(Number), error });
    }
    socket.send(create({ stream: true, stream_options: {} }));
    expect((await socket.turn()).at(-1)!["type"]).toBe("response.completed");
  });

  test("R60 a failed run is response.failed and nothing else", async () => {
    const agent = invoke(() => {
      throw new HttpError(429, "slow down");
    });
    await using served = await serve({ agents: agent });
    await using socket = await openSocket(served.url);
    socket.send(create());
    const messages = await socket.turn();
    expect(messages.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.failed",
    ]);
    expect(messages.at(-1)!["response"].error.message).toBe("slow down");
  });

  test("R62 a client that closes the socket stops its run", async () => {
    const seen: unknown[] = [];
    const agent = stream(async function* endless(_request, { signal }) {
      yield "one";
      await once(signal, "abort");
      seen.push(signal.reason);
    });
    await using served = await serve({ agents: agent });
    const socket = await openSocket(served.url);
    socket.send(create());
    while ((await socket.next())["type"] !== "response.output_text.delta");
    await socket[Symbol.asyncDispose]();
    await until("the run was stopped", () => seen.length === 1);
    expect(seen).toEqual([expect.objectContaining({ code: "client_disconnected" })]);
  });

  test("R61 B55 a turn under way ends before a server that drains closes the socket", async () => {
    const opened = gate();
    const agent = stream(async function* slow() {
      yield "one ";
      await opened.opened;
      yield "two";
    });
    await using served = await serve({ agents: agent });
    const socket = await openSocket(served.url);
    socket.send(create());
    await socket.next();
    const closing = served.server.close({ graceMs: 10_000 });
    opened.open();
    expect((await socket.turn()).at(-1)!["type"]).toBe("response.completed");
    await closing;
    expect((await socket.closed).code).toBe(1001);
  });

  test("R61 a connection that has had its time says so, after the turn that runs", async () => {
    const opened = gate();
    const agent = invoke(async () => {
      await opened.opened;
      return "done";
    });
    await using served = await serve({ agents: agent, webSocketLifeMs: 100 });
    const socket = await openSocket(served.url);
    socket.send(create());
    await socket.next();
    const idle = await openSocket(served.url);
    expect(await idle.next()).toMatchObject({
      type: "error",
      error: { code: "websocket_connection_limit_reached" },
    });
    expect((await idle.closed).code).toBe(1000);
    opened.open();
    expect((await socket.turn()).at(-1)!["type"]).toBe("response.completed");
    expect((await socket.next())["error"].code).toBe("websocket_connection_limit_reached");
    await socket.closed;
  });

  test("R57 more messages than may wait are refused, and nothing is lost", async () => {
    const opened = gate();
    const agent = invoke(async () => {
      await opened.opened;
      return "done";
    });
    await using served = await serve({ agents: [agent, H].slice(0, 1) });
    await using socket = await openSocket(served.url);
    for (let at = 0; at < 40; at++) socket.send(create());
    const refused: string[] = [];
    while (refused.length < 7) {
      const message = await socket.next();
      if (message["type"] === "error") refused.push(message["error"].code);
    }
    expect(new Set(refused)).toEqual(new Set(["rate_limit_exceeded"]));
    opened.open();
    let completed = 0;
    while (completed < 33) if ((await socket.next())["type"] === "response.completed") completed++;
  });
});
