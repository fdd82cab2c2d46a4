import { HttpError, invoke, stream } from "@wheelhouse/agent-sdk";
import { describe, expect, test } from "vitest";
import { DELTA, DONE, gate, H, MESSAGE, post, S, serve, until } from "./support/index.js";
import {
  BACKGROUND,
  create,
  fetchJson,
  postJson,
  range,
  readAndDrop,
  replay,
  sequence,
  untilStatus,
} from "./support/stored.js";

/** An agent that yields one delta, waits for the gate, and ends. */
function paused() {
  const opened = gate();
  const seen = { reasons: [] as unknown[] };
  const agent = stream(async function* paused_(_request, { signal }) {
    signal.addEventListener("abort", () => seen.reasons.push(signal.reason));
    yield DELTA;
    await Promise.race([
      opened.opened,
      new Promise((resolve) => signal.addEventListener("abort", resolve)),
    ]);
    yield DONE;
  });
  return { agent, open: opened.open, seen };
}

describe("a background response", () => {
  test("B72 is answered at once, in progress and empty", async () => {
    const { agent, open } = paused();
    await using served = await serve({ agents: agent });
    const began = performance.now();
    const response = await create(served.url, BACKGROUND);
    expect(performance.now() - began).toBeLessThan(600);
    expect(response).toMatchObject({
      object: "response",
      status: "in_progress",
      background: true,
      store: true,
      output: [],
      error: null,
      metadata: {},
    });
    expect(response["id"]).toMatch(/^resp_[0-9a-f]{24}$/);
    open();
    await untilStatus(served.url, response["id"], "completed");
  });

  test("B72 is queued while admission makes it wait, and runs after", async () => {
    const opened = gate();
    let running = 0;
    const agent = invoke({ concurrency: 1 }, async () => {
      running++;
      await opened.opened;
      return "done";
    });
    await using served = await serve({ agents: agent });
    const first = await create(served.url, BACKGROUND);
    await until("the first runs", () => running === 1);
    const second = await create(served.url, BACKGROUND);
    expect([first["status"], second["status"]]).toEqual(["in_progress", "queued"]);
    const waiting = await fetchJson(`${served.url}/responses/${second["id"]}`);
    expect(waiting.body["status"]).toBe("queued");
    opened.open();
    await untilStatus(served.url, second["id"], "completed");
    const types = (await replay(served.url, second["id"])).map(({ event }) => event);
    expect(types.slice(0, 3)).toEqual([
      "response.created",
      "response.queued",
      "response.in_progress",
    ]);
  });

  test("B73 is the whole object while it runs", async () => {
    const { agent, open } = paused();
    await using served = await serve({ agents: agent });
    const { id } = (await create(served.url, BACKGROUND)) as { id: string };
    const { status, body } = await fetchJson(`${served.url}/responses/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      status: "in_progress",
      attempt_number: 1,
      object: "response",
    });
    expect(Object.keys(body).length).toBeGreaterThanOrEqual(31);
    open();
  });

  test("B74 completes with the items that were done", async () => {
    await using served = await serve({ agents: [H, S] });
    const { id } = (await create(served.url, BACKGROUND)) as { id: string };
    const done = await untilStatus(served.url, id, "completed");
    expect(done).toMatchObject({ attempt_number: 1, output: [MESSAGE_FIELDS], metadata: {} });
    const traced = await create(served.url, BACKGROUND, { "x-mlflow-return-trace-id": "true" });
    const ended = await untilStatus(served.url, traced["id"], "completed");
    expect(ended["metadata"]["trace_id"]).toMatch(/^tr-[0-9a-f]{32}$/);
  });

  test("B75 a failed one says so", async () => {
    const agent = invoke(() => {
      throw new Error("secret");
    });
    await using served = await serve({ agents: agent });
    const { id } = (await create(served.url, BACKGROUND)) as { id: string };
    const failed = await untilStatus(served.url, id, "failed");
    expect(failed["error"]).toMatchObject({ type: "server_error", code: "task_failed" });
    expect(failed["error"]["message"]).not.toContain("secret");
    expect(typeof failed["error"]["message"]).toBe("string");
  });

  test("B75 a failure of the author's keeps its message", async () => {
    const agent = invoke(() => {
      throw new HttpError(500, "no more paper");
    });
    await using served = await serve({ agents: agent });
    const { id } = (await create(served.url, BACKGROUND)) as { id: string };
    const failed = await untilStatus(served.url, id, "failed");
    expect(failed["error"]["message"]).toBe("no more paper");
  });

  test("B76 R65 an id that is unknown, or none, is 404", async () => {
    await using served = await serve({ agents: H });
    for (const id of [
      "unknown",
      "resp_000000000000000000000000",
      "resp_%2e%2e",
      "x".repeat(4_000),
    ]) {
      const { status, body } = await fetchJson(`${served.url}/responses/${id}`);
      expect(status).toBe(404);
      expect(body).toMatchObject({ detail: "Response not found" });
    }
  });

  test("B77 a cursor needs a stream, and is a whole number from 0", async () => {
    await using served = await serve({ agents: S });
    const { id } = (await create(served.url, { ...BACKGROUND, stream: false })) as { id: string };
    await untilStatus(served.url, id, "completed");
    const at = `${served.url}/responses/${id}`;
    const lone = await fetchJson(`${at}?starting_after=3`);
    expect(lone).toMatchObject({
      status: 400,
      body: { detail: "starting_after is only supported when stream=true." },
    });
    for (const bad of ["-1", "x", "1.5"]) {
      const refused = await fetchJson(`${at}?stream=true&starting_after=${bad}`);
      expect(refused.status).toBe(422);
      expect(typeof refused.body["message"]).toBe("string");
    }
    expect(sequence(await replay(served.url, id, "&starting_after=0"))[0]).toBe(1);
  });

  test("B78 R63 the stream has every event from 0, ids, and [DONE]", async () => {
    await using served = await serve({ agents: S });
    const first = await post(`${served.url}/responses`, { ...BACKGROUND, stream: true });
    const posted = await first.text();
    expect(posted).not.toMatch(/^id:/m);
    const id = /"id":"(resp_[0-9a-f]{24})"/.exec(posted)![1]!;
    const frames = await replay(served.url, id);
    expect(sequence(frames)).toEqual(range(0, frames.length - 1));
    expect(frames.map((frame) => Number(frame.id))).toEqual(sequence(frames));
    const again = posted.split("\n\n").filter((frame) => frame.startsWith("event"));
    expect(frames.map(({ data }) => data)).toEqual(
      again.map((frame) => frame.slice(frame.indexOf("data: ") + 6)),
    );
    const later = await replay(served.url, id, "", { "last-event-id": "3" });
    expect(sequence(later)).toEqual(range(4, frames.length - 1));
    const nothing = await replay(served.url, id, `&starting_after=${frames.length - 1}`);
    expect(nothing).toEqual([]);
  });

  test("B79 a paused run gives its first event once", async () => {
    const { agent, open } = paused();
    await using served = await serve({ agents: agent });
    const { id } = (await create(served.url, { ...BACKGROUND })) as { id: string };
    const reading = replay(served.url, id);
    await until("the run has yielded", async () => {
      const { body } = await fetchJson(`${served.url}/responses/${id}`);
      return body["status"] === "in_progress";
    });
    open();
    const frames = await reading;
    expect(sequence(frames).filter((number) => number === 0)).toEqual([0]);
    expect(sequence(frames)).toEqual(range(0, frames.length - 1));
  });

  test("B80 R63 only events after the cursor come, wherever it is", async () => {
    await using served = await serve({ agents: S });
    const { id } = (await create(served.url, BACKGROUND)) as { id: string };
    await untilStatus(served.url, id, "completed");
    const all = await replay(served.url, id);
    for (let after = 0; after < all.length; after++) {
      const rest = await replay(served.url, id, `&starting_after=${after}`);
      expect(rest.map(({ data }) => data)).toEqual(all.slice(after + 1).map(({ data }) => data));
    }
  });

  test("B81 the built-in store serves without a word; storage that is off says 501", async () => {
    await using served = await serve({ agents: H, storeResponses: false });
    const { status } = await fetchJson(`${served.url}/responses/resp_000000000000000000000000`);
    expect(status).toBe(501);
    const refused = await postJson(`${served.url}/responses`, BACKGROUND);
    expect(refused).toMatchObject({ status: 400, body: { error: { param: "background" } } });
  });

  test("B82 R42 a cancel aborts the author, and is the same twice", async () => {
    const { agent, seen } = paused();
    await using served = await serve({ agents: agent });
    const { id } = (await create(served.url, BACKGROUND)) as { id: string };
    const cancel = () => postJson(`${served.url}/responses/${id}/cancel`);
    const first = await cancel();
    expect(first).toMatchObject({ status: 200, body: { id, status: "cancelled", error: null } });
    expect(seen.reasons).toEqual([expect.objectContaining({ code: "cancelled" })]);
    expect((await cancel()).body).toEqual(first.body);
    expect((await fetchJson(`${served.url}/responses/${id}`)).body).toEqual(first.body);
    const last = (await replay(served.url, id)).at(-1)!;
    expect(last.event).toBe("response.failed");
    expect(JSON.parse(last.data)).toMatchObject({ response: { status: "cancelled" } });
  });

  test("R42 a response that has ended stays as it is; one in the foreground cannot be cancelled", async () => {
    await using served = await serve({ agents: H });
    const { id } = (await create(served.url, BACKGROUND)) as { id: string };
    const done = await untilStatus(served.url, id, "completed");
    const cancelled = await postJson(`${served.url}/responses/${id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: done });
    const foreground = await create(served.url, { input: "hi" });
    const refused = await postJson(`${served.url}/responses/${foreground["id"]}/cancel`);
    expect(refused).toMatchObject({ status: 400, body: { error: { param: "id" } } });
  });

  test("B83 a streamed one goes on when its client leaves", async () => {
    const { agent, open, seen } = paused();
    await using served = await serve({ agents: agent });
    const frames = await readAndDrop(`${served.url}/responses`, {
      body: { ...BACKGROUND, stream: true },
      enough: (got) => got.some(({ event }) => event === "response.output_text.delta"),
    });
    const { response } = JSON.parse(frames[0]!.data) as { response: { id: string } };
    open();
    await untilStatus(served.url, response.id, "completed");
    expect(seen.reasons).toEqual([]);
  });

  test("B85 one that goes over its time limit has failed", async () => {
    const agent = invoke({ timeoutMs: 50 }, () => new Promise<string>(() => {}));
    await using served = await serve({ agents: agent });
    const { id } = (await create(served.url, BACKGROUND)) as { id: string };
    const failed = await untilStatus(served.url, id, "failed");
    expect(failed["error"]["code"]).toBe("task_timeout");
  });

  test("R70 background needs storage", async () => {
    await using served = await serve({ agents: H });
    const refused = await postJson(`${served.url}/responses`, { ...BACKGROUND, store: false });
    expect(refused).toMatchObject({ status: 400, body: { error: { param: "background" } } });
  });
});

const MESSAGE_FIELDS = { ...MESSAGE, content: [expect.objectContaining({ text: "hi" })] };
