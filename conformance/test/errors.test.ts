import { HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import {
  DELTA,
  events,
  H,
  IN,
  json,
  looseInvoke,
  memoryLogger,
  post,
  serve,
} from "./support/index.js";

const HIDDEN = /^Internal server error \(request (\S+)\)$/;

const throwing = (thrown: unknown) => [
  looseInvoke(() => {
    throw thrown;
  }),
  stream(async function* fails() {
    yield DELTA;
    throw thrown;
  }),
];

describe("an error that was not thrown on purpose", () => {
  test("B25 is shown with exposeErrors", async () => {
    await using served = await serve({ agents: throwing(new Error("boom")), exposeErrors: true });
    const response = await post(`${served.url}/invocations`, IN);
    expect(response.status).toBe(500);
    expect(await json(response)).toEqual({ detail: "boom", message: "boom" });
  });

  for (const path of ["/invocations", "/responses"]) {
    test(`B26 is hidden by default on ${path}, and the log has it under the id`, async () => {
      const logger = memoryLogger();
      const secret = new Error("secret text", { cause: new Error("secret cause") });
      await using served = await serve({ agents: throwing(secret), logger });
      const response = await post(`${served.url}${path}`, IN);
      expect(response.status).toBe(500);
      const body = await json(response);
      const id = HIDDEN.exec(body["detail"])?.[1];
      expect(id).toBe(response.headers.get("x-request-id"));
      expect(body["message"]).toBe(body["detail"]);
      expect(JSON.stringify(body)).not.toMatch(/secret|Error:|\.ts|node_modules/);
      const line = logger.lines.find(({ text }) => text.includes(id!));
      expect(line?.level).toBe("error");
      expect(line?.text).toContain("secret text");
      expect(line?.text).toContain("secret cause");
    });

    test(`B26 is hidden in a stream of ${path} too`, async () => {
      const logger = memoryLogger();
      await using served = await serve({ agents: throwing(new Error("secret text")), logger });
      const response = await post(`${served.url}${path}`, { ...IN, stream: true });
      const sent = await events(response);
      expect(JSON.stringify(sent)).not.toContain("secret");
      const id = response.headers.get("x-request-id")!;
      expect(JSON.stringify(sent)).toContain(`Internal server error (request ${id})`);
      const line = logger.lines.find(({ text }) => text.includes(id));
      expect(line?.text).toContain("secret text");
    });
  }

  test.each([
    ["a string", "secret"],
    ["undefined", undefined],
    ["null", null],
    ["a number", 5],
    ["an object with a status", { status: 418, message: "secret" }],
    ["an object that cannot be shown", { toString: () => fail(), toJSON: () => fail() }],
    ["an error whose message is a getter that throws", evilError()],
    ["a symbol", Symbol("secret")],
  ])("B26 throwing %s is the same 500", async (_, thrown) => {
    await using served = await serve({ agents: throwing(thrown), logger: memoryLogger() });
    for (const path of ["/invocations", "/responses"]) {
      const response = await post(`${served.url}${path}`, IN);
      expect(response.status).toBe(500);
      expect((await json(response))["detail"]).toMatch(HIDDEN);
      await events(await post(`${served.url}${path}`, { ...IN, stream: true }));
    }
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
  });

  test("B26 a rejection that nobody waits for does not end the server", async () => {
    let unhandled = 0;
    const count = () => {
      unhandled += 1;
    };
    const agent = stream(async function* fails() {
      yield DELTA;
      await Promise.all([Promise.reject(new Error("one")), Promise.reject(new Error("two"))]);
    });
    process.on("unhandledRejection", count);
    try {
      await using served = await serve({ agents: [agent, H] });
      await events(await post(`${served.url}/invocations`, { ...IN, stream: true }));
      expect((await post(`${served.url}/invocations`, IN)).status).toBe(200);
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toBe(0);
    } finally {
      process.off("unhandledRejection", count);
    }
  });
});

describe("an HttpError", () => {
  test.each([400, 401, 403, 404, 409, 418, 422, 429, 500, 503])(
    "B27 of status %i is answered with it and its message",
    async (status) => {
      await using served = await serve({ agents: throwing(new HttpError(status, "m")) });
      const response = await post(`${served.url}/invocations`, IN);
      expect(response.status).toBe(status);
      expect(await json(response)).toEqual({ detail: "m", message: "m" });
      const full = await post(`${served.url}/responses`, IN);
      expect(full.status).toBe(status);
      expect(await json(full)).toMatchObject({
        error: { message: "m", type: expect.any(String), code: expect.any(String) },
        detail: "m",
        message: "m",
      });
    },
  );

  test("B27 shows its message in a stream", async () => {
    await using served = await serve({ agents: throwing(new HttpError(429, "slow down")) });
    const sent = await events(await post(`${served.url}/invocations`, { ...IN, stream: true }));
    expect(sent).toEqual([DELTA, { error: "slow down" }]);
  });

  test("B27 brings its headers", async () => {
    const error = new HttpError(429, "slow down", { headers: { "retry-after": "7" } });
    await using served = await serve({ agents: throwing(error) });
    for (const path of ["/invocations", "/responses"]) {
      const response = await post(`${served.url}${path}`, IN);
      expect(response.headers.get("retry-after")).toBe("7");
      await response.text();
    }
  });

  test("B27 of another installed copy is recognised", async () => {
    const brand = Symbol.for("wheelhouse.AppError");
    const foreign = Object.assign(new Error("from afar"), {
      [brand]: true,
      code: "rate_limit_exceeded",
      status: 429,
      type: "rate_limit_error",
      param: "",
      headers: {},
    });
    await using served = await serve({ agents: throwing(foreign) });
    const response = await post(`${served.url}/invocations`, IN);
    expect(response.status).toBe(429);
    expect((await json(response))["detail"]).toBe("from afar");
  });
});

describe("errors of /responses", () => {
  test("R5 are OpenAI's envelope with detail and message, and name the field", async () => {
    await using served = await serve({ agents: H });
    const cases: [unknown, number, string, string][] = [
      ["notjson", 400, "invalid_json", ""],
      ["", 400, "invalid_json", ""],
      [{ input: 5 }, 400, "invalid_request", "input"],
      [{ input: [{ role: "tool", content: "x" }] }, 400, "invalid_request", "input[0].role"],
      [{ ...IN, metadata: { a: 1 } }, 400, "invalid_request", "metadata.a"],
      [{ ...IN, temperature: "hot" }, 400, "invalid_request", "temperature"],
    ];
    for (const [body, status, code, param] of cases) {
      const response = await post(`${served.url}/responses`, body);
      expect(response.status).toBe(status);
      const { error, detail, message } = await json(response);
      expect(error).toEqual({ message, type: "invalid_request_error", code, param });
      expect(detail).toBe(message);
      expect(message).toMatch(/./);
    }
  });

  test("R5 are sent as JSON and not as a stream when the request is wrong", async () => {
    await using served = await serve({ agents: [H] });
    const response = await post(`${served.url}/responses`, { input: 5, stream: true });
    expect(response.status).toBe(400);
    expect((await json(response))["error"]["param"]).toBe("input");
  });

  test("R6 a failure of the agent asks SDKs not to run it again", async () => {
    const calls = { count: 0 };
    const agent = invoke(() => {
      calls.count += 1;
      throw new Error("boom");
    });
    await using served = await serve({ agents: agent });
    const response = await post(`${served.url}/responses`, IN);
    expect(response.status).toBe(500);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect((await json(response))["error"]).toMatchObject({ type: "server_error", param: "" });
    expect(calls.count).toBe(1);
  });
});

function fail(): never {
  throw new Error("secret");
}

function evilError(): Error {
  return Object.defineProperty(new Error("x"), "message", { get: fail });
}
