import { setTimeout as sleep } from "node:timers/promises";
import { getContext, getRequestHeaders, invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { events, exchange, IN, json, parseAnswer, post, rawPost, serve } from "./support/index.js";

/** What the handlers below saw: an echo that survives an await of uneven length. */
const echoInvoke = invoke(async () => {
  await sleep(Math.random() * 20);
  return { output: [], custom_outputs: { headers: getRequestHeaders() } };
});
const echoStream = stream(async function* echo() {
  for (let n = 0; n < 3; n++) {
    await sleep(Math.random() * 10);
    yield { type: "seen", user: getRequestHeaders()["x-user"] };
  }
});

describe("request headers", () => {
  test("B46 each of 50 concurrent requests sees its own after an await", async () => {
    await using served = await serve({ agents: [echoInvoke, echoStream] });
    const users = Array.from({ length: 50 }, (_, n) => `user-${n}`);
    const seen = await Promise.all(
      users.map(async (user) => {
        const response = await post(`${served.url}/invocations`, IN, { "X-User": user });
        return (await json(response))["custom_outputs"].headers["x-user"];
      }),
    );
    expect(seen).toEqual(users);
  });

  test("B46 each of 50 concurrent streams sees its own at every step", async () => {
    await using served = await serve({ agents: [echoInvoke, echoStream] });
    const users = Array.from({ length: 50 }, (_, n) => `user-${n}`);
    const seen = await Promise.all(
      users.map(async (user) => {
        const body = { ...IN, stream: true };
        const sent = await events(
          await post(`${served.url}/invocations`, body, { "x-user": user }),
        );
        return sent.map((event) => event["user"]);
      }),
    );
    expect(seen).toEqual(users.map((user) => [user, user, user]));
  });

  test("B46 the keys are lower-case, in the context too", async () => {
    const agent = invoke((_request, ctx) => ({
      output: [],
      custom_outputs: { given: { ...ctx.headers }, read: { ...getContext()?.headers } },
    }));
    await using served = await serve({ agents: agent });
    const request = rawPost("/invocations", JSON.stringify(IN), ["X-USER: Me", "x-Two: 2"]);
    const answer = parseAnswer(await exchange(served.port, request));
    const { given, read } = JSON.parse(answer.body.toString()).custom_outputs;
    expect(given).toMatchObject({ "x-user": "Me", "x-two": "2" });
    expect(read).toEqual(given);
    expect(Object.keys(given)).toEqual(Object.keys(given).map((key) => key.toLowerCase()));
  });

  test.each(["/invocations", "/responses"])(
    "B47 the forwarded access token reaches the handler of %s",
    async (path) => {
      let token: string | undefined;
      const agent = invoke(async () => {
        await sleep(1);
        token = getRequestHeaders()["x-forwarded-access-token"];
        return { output: [] };
      });
      await using served = await serve({ agents: agent });
      await post(`${served.url}${path}`, IN, { "X-Forwarded-Access-Token": "t" });
      expect(token).toBe("t");
    },
  );

  test("B46 outside of a request there are none", () => {
    expect(getRequestHeaders()).toEqual({});
  });
});

test("R2 every answer has an x-request-id of its own", async () => {
  const agent = stream(async function* words() {
    yield "hi";
  });
  await using served = await serve({ agents: agent });
  const answers = await Promise.all([
    post(`${served.url}/responses`, IN),
    post(`${served.url}/responses`, { ...IN, stream: true }),
    post(`${served.url}/invocations`, IN),
    post(`${served.url}/responses`, "notjson"),
    fetch(`${served.url}/responses`),
    fetch(`${served.url}/nope`),
    fetch(`${served.url}/health`),
  ]);
  const ids = answers.map((answer) => answer.headers.get("x-request-id"));
  for (const id of ids) expect(id).toMatch(/^\S+$/);
  expect(new Set(ids).size).toBe(answers.length);
  await Promise.all(answers.map((answer) => answer.text()));
});
