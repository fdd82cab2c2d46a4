import { HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { gate, H, post, serve } from "./support/index.js";
import { create, postJson, untilStatus } from "./support/stored.js";

const key = (name: string) => ({ "idempotency-key": name });

describe("R55 Idempotency-Key", () => {
  test("R55 runs the agent once and gives the same answer again", async () => {
    let runs = 0;
    await using served = await serve({ agents: invoke(() => `run ${++runs}`) });
    const first = await create(served.url, { input: "hi" }, key("k1"));
    const response = await post(`${served.url}/responses`, { input: "hi" }, key("k1"));
    expect(response.headers.get("idempotent-replayed")).toBe("true");
    expect(await response.json()).toEqual(first);
    expect(runs).toBe(1);
    await create(served.url, { input: "hi" }, key("k2"));
    expect(runs).toBe(2);
  });

  test("R55 two at the same time are one run", async () => {
    let runs = 0;
    const opened = gate();
    const agent = invoke(async () => {
      runs++;
      await opened.opened;
      return "done";
    });
    await using served = await serve({ agents: agent });
    const both = Promise.all([1, 2, 3].map(() => create(served.url, { input: "hi" }, key("same"))));
    opened.open();
    const ids = new Set((await both).map(({ id }) => id));
    expect(ids.size).toBe(1);
    expect(runs).toBe(1);
  });

  test("R55 a stream is replayed from its start, also while it runs", async () => {
    const opened = gate();
    const agent = stream(async function* talker() {
      yield "one ";
      await opened.opened;
      yield "two";
    });
    await using served = await serve({ agents: agent });
    const body = { input: "hi", stream: true, disconnect: "detach" };
    const first = await post(`${served.url}/responses`, body, key("s"));
    const reader = first.body!.getReader();
    await reader.read();
    await reader.cancel();
    const again = post(`${served.url}/responses`, body, key("s"));
    opened.open();
    const text = await (await again).text();
    expect(text).toContain("one ");
    expect(text).toContain('"status":"completed"');
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(await (await post(`${served.url}/responses`, body, key("s"))).text()).toBe(text);
  });

  test("R55 a background response is the same one", async () => {
    await using served = await serve({ agents: H });
    const body = { input: "hi", background: true };
    const first = await create(served.url, body, key("b"));
    const second = await create(served.url, body, key("b"));
    expect(second["id"]).toBe(first["id"]);
    await untilStatus(served.url, first["id"], "completed");
  });

  test("R55 a failure is told again, and the agent does not run again", async () => {
    let runs = 0;
    const agent = invoke(() => {
      runs++;
      throw new HttpError(409, "not now");
    });
    await using served = await serve({ agents: agent });
    const first = await postJson(`${served.url}/responses`, { input: "hi" }, key("f"));
    const second = await postJson(`${served.url}/responses`, { input: "hi" }, key("f"));
    expect(first).toMatchObject({ status: 409, body: { message: "not now" } });
    expect(second).toEqual(first);
    expect(runs).toBe(1);
  });

  test("R55 another request under the same key is refused; a refused one frees its key", async () => {
    await using served = await serve({ agents: H });
    await create(served.url, { input: "hi" }, key("one"));
    const other = await postJson(`${served.url}/responses`, { input: "ho" }, key("one"));
    expect(other).toMatchObject({
      status: 422,
      body: { error: { code: "idempotency_key_reused", param: "Idempotency-Key" } },
    });
    const lost = { input: "hi", previous_response_id: "resp_000000000000000000000000" };
    expect((await postJson(`${served.url}/responses`, lost, key("two"))).status).toBe(400);
    expect((await postJson(`${served.url}/responses`, { input: "hi" }, key("two"))).status).toBe(
      200,
    );
    for (const [body, bad] of [
      [{ input: "hi", store: false }, "x"],
      [{ input: "hi" }, "x".repeat(256)],
    ] as const) {
      const refused = await postJson(`${served.url}/responses`, body, key(bad));
      expect(refused).toMatchObject({
        status: 400,
        body: { error: { param: "Idempotency-Key" } },
      });
    }
  });
});
