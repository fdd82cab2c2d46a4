import { expect, test } from "vitest";
import { exchange, H, IN, json, parseAnswer, post, rawPost, S, serve } from "./support/index.js";

for (const path of ["/invocations", "/responses", "/v1/responses"]) {
  test.each(["GET", "PUT", "PATCH", "DELETE"])(`B51 %s ${path} is 405`, async (method) => {
    await using served = await serve({ agents: [H, S] });
    const response = await fetch(`${served.url}${path}`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(await json(response)).toMatchObject({
      detail: "Method Not Allowed",
      message: "Method Not Allowed",
    });
  });
}

test("B51 POST /health is 405 and allows GET", async () => {
  await using served = await serve({ agents: H });
  const response = await post(`${served.url}/health`, {});
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toMatch(/\bGET\b/);
});

test("B52 HEAD /health is 200 without a body", async () => {
  await using served = await serve({ agents: H });
  const answer = parseAnswer(
    await exchange(
      served.port,
      "HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ),
  );
  expect(answer.status).toBe(200);
  expect(answer.body).toHaveLength(0);
});

test("B8 POST /invocations without a content type is answered", async () => {
  await using served = await serve({ agents: H });
  const answer = parseAnswer(
    await exchange(served.port, rawPost("/invocations", JSON.stringify(IN))),
  );
  expect(answer.status).toBe(200);
  expect(answer.body.toString()).toContain('"m1"');
});

test.each([
  "text/plain",
  "text/plain; charset=utf-8",
  "application/json; charset=utf-8",
  "application/x-www-form-urlencoded",
  "nonsense",
])("B8 POST /invocations does not look at the content type %s", async (type) => {
  await using served = await serve({ agents: H });
  const response = await post(`${served.url}/invocations`, IN, { "content-type": type });
  expect(response.status).toBe(200);
});

test("R1 every OpenAI route answers at / and at /v1", async () => {
  await using served = await serve({ agents: H });
  for (const prefix of ["", "/v1"]) {
    const response = await post(`${served.url}${prefix}/responses`, IN);
    expect(response.status).toBe(200);
    expect((await json(response))["object"]).toBe("response");
    const models = await json(await fetch(`${served.url}${prefix}/models`));
    expect(models["object"]).toBe("list");
    expect(models["data"]).toHaveLength(1);
    expect(models["data"][0]).toMatchObject({ id: "agent", object: "model" });
  }
});
