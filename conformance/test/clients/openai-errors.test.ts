import { HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from "openai";
import { describe, expect, test } from "vitest";
import { greeter } from "./support/agents.js";
import { openaiClient } from "./support/openai-client.js";
import { serveAgents } from "./support/serve-agents.js";

const MODEL = "agent";
const ASK = { model: MODEL, input: "hi" };

async function failure(answer: PromiseLike<unknown>): Promise<APIError> {
  const error: unknown = await Promise.resolve(answer).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

describe("openai: errors", () => {
  test.each([
    [400, BadRequestError, "invalid_request_error"],
    [401, AuthenticationError, "authentication_error"],
    [403, PermissionDeniedError, "permission_error"],
    [404, NotFoundError, "not_found_error"],
    [409, ConflictError, "invalid_request_error"],
    [422, UnprocessableEntityError, "invalid_request_error"],
    [429, RateLimitError, "rate_limit_error"],
    [500, InternalServerError, "server_error"],
    [503, InternalServerError, "server_error"],
  ])("B27 an author's HttpError(%i) is the SDK's class for it", async (status, type, errorType) => {
    const client = openaiClient(
      await serveAgents(
        invoke(() => {
          throw new HttpError(status, "Not today.");
        }),
      ),
      { maxRetries: 0 },
    );
    const error = await failure(client.responses.create(ASK));
    expect(error).toBeInstanceOf(type);
    expect(error.status).toBe(status);
    expect(error.message).toContain("Not today.");
    expect(error.type).toBe(errorType);
    expect(error.code).toMatch(/^[a-z_]+$/);
    expect(error.requestID).toMatch(/./);
  });

  test("a request that is not valid names the field and does not reach the agent", async () => {
    let runs = 0;
    const client = openaiClient(
      await serveAgents(
        invoke(() => {
          runs += 1;
          return "ok";
        }),
      ),
    );
    const error = await failure(
      client.responses.create({
        model: MODEL,
        input: [
          { role: "user", content: "hi" },
          { role: "tool" as "user", content: "hi" },
        ],
      }),
    );
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.type).toBe("invalid_request_error");
    expect(error.code).toBe("invalid_request");
    expect(error.param).toBe("input[1].role");
    expect(error.message.length).toBeGreaterThan("400 ".length);
    expect(runs).toBe(0);
  });

  test("the same holds before a stream begins", async () => {
    const client = openaiClient(await serveAgents(greeter));
    const error = await failure(
      client.responses.create({ model: MODEL, input: [{ type: "nope" } as never], stream: true }),
    );
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe("input[0].type");
  });

  test("B26 what was not thrown on purpose reads as an internal error with the request's id", async () => {
    const client = openaiClient(
      await serveAgents(
        invoke(() => {
          throw new Error("secret");
        }),
      ),
    );
    const error = await failure(client.responses.create(ASK));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error.message).toContain(`Internal server error (request ${error.requestID})`);
    expect(error.type).toBe("server_error");
    expect(JSON.stringify(error)).not.toContain("secret");
  });

  test.each([
    ["an Error", () => new Error("boom")],
    ["HttpError 500", () => new HttpError(500, "boom")],
    ["HttpError 503", () => new HttpError(503, "boom")],
    ["HttpError 429", () => new HttpError(429, "boom")],
  ])("an agent that throws %s is run once, retries and all", async (_name, makeError) => {
    let runs = 0;
    const fail = () => {
      runs += 1;
      throw makeError();
    };
    const client = openaiClient(
      await serveAgents([
        invoke(fail),
        // oxlint-disable-next-line require-yield -- it fails before it has anything to yield
        stream(async function* failing() {
          fail();
        }),
      ]),
      { maxRetries: 2 },
    );
    await failure(client.responses.create(ASK));
    expect(runs).toBe(1);
  });

  test("B54 a run over its time limit is an error that is not retried", async () => {
    let runs = 0;
    const client = openaiClient(
      await serveAgents(
        invoke(async () => {
          runs += 1;
          await new Promise<never>(() => {});
          return "never";
        }),
        { timeoutMs: 100 },
      ),
    );
    const error = await failure(client.responses.create(ASK));
    expect(error.status).toBe(504);
    expect(error.code).toBe("task_timeout");
    expect(runs).toBe(1);
  });
});
