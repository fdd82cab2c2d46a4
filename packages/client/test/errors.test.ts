import { describe, expect, test } from "vitest";
import {
  ApiError,
  CLIENT_ERROR_KINDS,
  ClientError,
  type ClientOptions,
  createClient,
  isClientError,
  TimeoutError,
} from "../src/index.js";
import { clientOf, thrownBy } from "./support/client-of.js";
import { ID } from "./support/events.js";
import { json, scriptedServer } from "./support/scripted-server.js";

describe("an error answer", () => {
  test("of /responses keeps all that the server says", async () => {
    await using server = await scriptedServer((_seen, res) => {
      const error = {
        message: "Bad role.",
        type: "invalid_request_error",
        code: "invalid_request",
        param: "input[0].role",
      };
      json(
        res,
        400,
        { error, detail: "Bad role.", message: "Bad role." },
        { "x-request-id": "req_1" },
      );
    });
    const error = await thrownBy(clientOf(server).responses.create({ input: "hi" }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      name: "ApiError",
      kind: "api",
      status: 400,
      code: "invalid_request",
      type: "invalid_request_error",
      param: "input[0].role",
      requestId: "req_1",
      message: "400 invalid_request: Bad role. (POST /responses, request req_1)",
    });
  });

  test.each([
    ["MLflow's", { detail: "no handler", message: "no handler" }, "no handler"],
    ["FastAPI's list", { detail: [{ msg: "x" }] }, '{"detail":[{"msg":"x"}]}'],
    ["a plain one", { error: "nope" }, "nope"],
    ["no body", undefined, "Internal Server Error"],
  ])("in %s form is read", async (_name, body, message) => {
    await using server = await scriptedServer((_seen, res) => json(res, 500, body));
    const error = await thrownBy(clientOf(server, { maxRetries: 0 }).agent.info());
    expect(error).toMatchObject({ status: 500, code: undefined, param: undefined });
    expect((error as Error).message).toContain(message);
  });

  test("of a proxy shows the beginning of its page", async () => {
    await using server = await scriptedServer(
      (_seen, res) => void res.writeHead(404).end(`<h1>Not here</h1>${"x".repeat(9999)}`),
    );
    const error = (await thrownBy(clientOf(server).responses.retrieve(ID))) as Error;
    expect(error.message).toContain("<h1>Not here</h1>");
    expect(error.message).toContain("check baseUrl");
    expect(error.message.length).toBeLessThan(600);
  });

  test("401 says what to give", async () => {
    await using server = await scriptedServer((_seen, res) =>
      json(res, 401, { error: { message: "Authentication is required." } }),
    );
    const error = (await thrownBy(clientOf(server).responses.retrieve(ID))) as Error;
    expect(error.message).toContain("apiKey");
  });
});

test("a success that is not JSON is an error", async () => {
  await using server = await scriptedServer((_seen, res) => void res.end("<html>"));
  const error = await thrownBy(clientOf(server).agent.info());
  expect(error).toMatchObject({ kind: "invalid_response" });
});

test("errors are known by their brand, of another copy too", () => {
  const error = new TimeoutError("late");
  expect(isClientError(error)).toBe(true);
  expect(error).toBeInstanceOf(ClientError);
  const other = Object.assign(new Error("x"), { [Symbol.for("wheelhouse.ClientError")]: true });
  expect(isClientError(other)).toBe(true);
  expect([new Error("x"), null, undefined, "x", {}].some(isClientError)).toBe(false);
  expect(Object.keys(CLIENT_ERROR_KINDS)).toContain(error.kind);
});

describe("a wrong option is a TypeError that names it", () => {
  const baseUrl = "http://127.0.0.1:1";
  test.each<[string, object]>([
    ["baseUrl", {}],
    ["baseUrl", { baseUrl: "/v1" }],
    ["baseUrl", { baseUrl: "ftp://x" }],
    ["baseUrl", { baseUrl: "http://a:b@x" }],
    ["baseUrl", { baseUrl: "http://x/?a=1" }],
    ["apiKey", { baseUrl, apiKey: "" }],
    ["headers", { baseUrl, headers: 5 }],
    ["fetch", { baseUrl, fetch: "fetch" }],
    ["maxRetries", { baseUrl, maxRetries: -1 }],
    ["maxRetries", { baseUrl, maxRetries: 1.5 }],
    ["timeoutMs", { baseUrl, timeoutMs: 0 }],
    ["timeoutMs", { baseUrl, timeoutMs: 2 ** 31 }],
    ["idleMs", { baseUrl, idleMs: Number.NaN }],
    ["resume", { baseUrl, resume: true }],
    ["resume.maxAttempts", { baseUrl, resume: { maxAttempts: 0 } }],
    ["resume.graceMs", { baseUrl, resume: { graceMs: "1" } }],
    ["maxBodyLength", { baseUrl, maxBodyLength: 0 }],
  ])("%s: %j", (name, options) => {
    const make = (): unknown => createClient(options as ClientOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(new RegExp(`^${name.replace(".", "\\.")}: `));
  });

  test("in a call too", async () => {
    const { responses, invocations } = createClient({ baseUrl });
    expect(await thrownBy(responses.create({ input: "x", stream: true } as never))).toMatchObject({
      message: expect.stringMatching(/^stream: /) as string,
    });
    expect(() => responses.stream({ input: "x", stream: true } as never)).toThrow(/^stream: /);
    expect(() => invocations.stream({ stream: true } as never)).toThrow(/^stream: /);
    expect(() => responses.stream({ input: "x" }, { idempotencyKey: "" })).toThrow(
      /^idempotencyKey: /,
    );
    expect(() => responses.stream({ store: false }, { idempotencyKey: "k" })).toThrow(
      /^idempotencyKey: /,
    );
    expect(() => responses.attach(ID, { after: -1 })).toThrow(/^after: /);
    expect(() => responses.attach("")).toThrow("An id is missing");
    expect(() => responses.retrieve("..")).toThrow("An id is missing");
  });
});
