import { once } from "node:events";
import { join } from "node:path";
import { soakSeconds } from "@wheelhouse/test-support";
import { expect, test } from "vitest";
import {
  command,
  eventsOf,
  type Frame,
  httpClient,
  type HttpClient,
  type Json,
  legalStream,
  pacedLoad,
  parseFrames,
  readBody,
  until,
} from "./support/index.js";
import { excess, measureAtRest } from "./support/measure.js";
import { openSocket } from "./support/socket-client.js";

const AGENT = join(import.meta.dirname, "fixtures", "soak-agent.mjs");

const PER_SECOND = 40;
const CONCURRENCY = 32;
/** The share of the time after which what has been compiled and cached is no longer taken for a leak. */
const WARM_UP = 1 / 3;

/** A stream of 20 pieces, and one that goes on until it is stopped. */
const SHORT = { pieces: 20, size: 20, pauseMs: 5 };
const ENDLESS = { endless: true, size: 20, pauseMs: 5 };

const bodyOf = (inputs: Json, more: Json = {}) => ({
  model: "agent",
  input: [{ role: "user", content: "hi" }],
  custom_inputs: inputs,
  ...more,
});

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

const textOf = (events: readonly Json[]): string =>
  events.map(({ type, delta }) => (type === "response.output_text.delta" ? delta : "")).join("");

/** The mixed load: one action after the other, each as often as any other. */
function mixedLoad(port: number, client: HttpClient) {
  /** Responses that are still stored, and how each has to end. */
  const stored = new Map<string, string>();
  const count = { whole: 0, left: 0, cancelled: 0, turns: 0 };

  const ask = async (path: string, body?: unknown, method?: string): Promise<Json> => {
    const answer = await client.send({ path, body, ...(method !== undefined && { method }) });
    const text = await readBody(answer);
    check(answer.statusCode === 200, `${method ?? ""} ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text);
  };

  const read = async (path: string, body?: unknown): Promise<Frame[]> => {
    const answer = await client.send({ path, body });
    check(answer.statusCode === 200, `no stream: ${answer.statusCode}`);
    return parseFrames(await readBody(answer));
  };

  /** Reads so many characters, drops the connection without a word, and gives the whole frames that came. */
  const readSome = async (body: unknown, characters: number): Promise<Frame[]> => {
    const answer = await client.send({ path: "/responses", body });
    check(answer.statusCode === 200, `no stream: ${answer.statusCode}`);
    let text = "";
    answer.setEncoding("utf8");
    for await (const piece of answer as AsyncIterable<string>) {
      text += piece;
      // Leaving the loop destroys the connection.
      if (text.length > characters && text.includes("\n\n")) break;
    }
    return parseFrames(text.slice(0, text.lastIndexOf("\n\n") + 2));
  };

  const idOf = (frames: readonly Frame[]): string => JSON.parse(frames[0]!.data).response.id;

  const untilEnded = async (id: string): Promise<Json> => {
    let response: Json = {};
    await until(
      `response ${id} has ended`,
      async () => {
        response = await ask(`/responses/${id}`);
        return response["status"] !== "in_progress" && response["status"] !== "queued";
      },
      20_000,
    );
    return response;
  };

  /** The events of a response that has ended, from the log, held against those a client has seen. */
  const replayAll = async (id: string, seen: readonly Json[]): Promise<void> => {
    const replayed = eventsOf(await read(`/responses/${id}?stream=true`));
    check(JSON.stringify(replayed) === JSON.stringify(seen), `another replay of ${id}`);
    const after = Math.floor(seen.length / 2);
    const rest = eventsOf(await read(`/responses/${id}?stream=true&starting_after=${after}`));
    check(
      JSON.stringify(rest) === JSON.stringify(seen.slice(after + 1)),
      `another replay of ${id} after ${after}`,
    );
  };

  const checkText = (events: readonly Json[]): void => {
    check(textOf(events).length === SHORT.pieces * SHORT.size, `a text is not whole`);
    count.whole++;
  };

  const create = async (): Promise<void> => {
    const made = await ask("/responses", bodyOf({ size: 100 }));
    stored.set(made["id"], "completed");
    const { attempt_number: _attempt, ...got } = await ask(`/responses/${made["id"]}`);
    check(JSON.stringify(got["output"]) === JSON.stringify(made["output"]), "another output");
  };

  const streamWhole = async (): Promise<void> => {
    const { events } = legalStream(await read("/responses", bodyOf(SHORT, { stream: true })));
    checkText(events);
    const { id } = events[0]!["response"];
    stored.set(id, "completed");
    await replayAll(id, events);
  };

  const background = async (): Promise<void> => {
    const { id } = await ask("/v1/responses", bodyOf({ size: 100 }, { background: true }));
    stored.set(id, "completed");
    const events = eventsOf(await read(`/responses/${id}?stream=true`));
    const { output } = await untilEnded(id);
    const sameOutput = JSON.stringify(events.at(-1)!["response"].output) === JSON.stringify(output);
    check(sameOutput, `another output of ${id}`);
  };

  /** A client that loses its connection and goes on where it was. */
  const comeBack = async (): Promise<void> => {
    const first = await readSome(bodyOf(SHORT, { stream: true, background: true }), 1_500);
    const id = idOf(first);
    stored.set(id, "completed");
    const after = first.length - 1;
    const rest = await read(`/responses/${id}?stream=true&starting_after=${after}`);
    const events = eventsOf([...first, ...rest]);
    checkText(events);
    await replayAll(id, events);
  };

  const cancel = async (): Promise<void> => {
    const more = { background: true, stream: true };
    const id = idOf(await readSome(bodyOf(ENDLESS, more), 1_500));
    stored.set(id, "cancelled");
    const following = read(`/responses/${id}?stream=true`);
    const { status } = await ask(`/responses/${id}/cancel`, {});
    check(status === "cancelled", `${status} after a cancel`);
    check((await following).at(-1)?.data === "[DONE]", "a follower was cut off");
    count.cancelled++;
  };

  /** A client that leaves for good stops its run. */
  const leave = async (): Promise<void> => {
    const id = idOf(await readSome(bodyOf(ENDLESS, { stream: true }), 3_000));
    stored.set(id, "failed");
    const { status } = await untilEnded(id);
    check(status === "failed", `${status} after its client had left`);
    count.left++;
  };

  const deleteOne = async (): Promise<void> => {
    const { id } = await ask("/responses", bodyOf({ size: 10 }));
    const { deleted } = await ask(`/responses/${id}`, undefined, "DELETE");
    check(deleted === true, `${id} is not deleted`);
    const gone = await client.send({ path: `/responses/${id}` });
    await readBody(gone);
    check(gone.statusCode === 404, `${gone.statusCode} after a delete`);
  };

  const converse = async (): Promise<void> => {
    const { id } = await ask("/conversations", {});
    for (let turn = 0; turn < 2; turn++) {
      const more = { conversation: id, stream: turn === 1 };
      const answer =
        turn === 1
          ? legalStream(await read("/responses", bodyOf(SHORT, more))).final
          : await ask("/responses", bodyOf({ size: 10 }, more));
      stored.set(answer["id"], "completed");
    }
    const { data } = await ask(`/conversations/${id}/items?order=asc`);
    check(data.length >= 4, `${data.length} items in a conversation of two turns`);
    await ask(`/conversations/${id}`, undefined, "DELETE");
  };

  const goOn = async (): Promise<void> => {
    const first = await ask("/responses", bodyOf({ size: 10 }));
    stored.set(first["id"], "completed");
    const more = { previous_response_id: first["id"] };
    const second = await ask("/responses", bodyOf({ size: 10 }, more));
    stored.set(second["id"], "completed");
    const { data } = await ask(`/responses/${second["id"]}/input_items`);
    check(data.length > 0, "no input items");
  };

  const overSocket = async (): Promise<void> => {
    await using socket = await openSocket(`http://127.0.0.1:${port}`);
    for (let turn = 0; turn < 2; turn++) {
      socket.send({ type: "response.create", ...bodyOf(SHORT) });
      const events = await socket.turn();
      checkText(events);
      stored.set(events[0]!["response"].id, "completed");
      count.turns++;
    }
  };

  const fail = async (): Promise<void> => {
    const { id } = await ask("/responses", bodyOf({ fails: "by mistake" }, { background: true }));
    stored.set(id, "failed");
    await untilEnded(id);
  };

  const actions = [
    create,
    streamWhole,
    background,
    comeBack,
    cancel,
    leave,
    deleteOne,
    converse,
    goOn,
    overSocket,
    fail,
  ];
  return {
    stored,
    count,
    untilEnded,
    act: (index: number) => actions[index % actions.length]!(),
  };
}

test("a server with a SQLite store under a mixed load of stored runs keeps nothing of what is over", async () => {
  const seconds = soakSeconds();
  // Its state is in the program's own folder.
  await using running = await command("start", AGENT, "--port", "0");
  const { port } = await running.listening();
  using client = httpClient(port);
  const { act, count, stored, untilEnded } = mixedLoad(port, client);
  const load = async (share: number): Promise<void> => {
    const limits = { seconds: seconds * share, perSecond: PER_SECOND, concurrency: CONCURRENCY };
    const { failures } = await pacedLoad("stored soak", { ...limits, act });
    expect(failures, running.stderr().slice(-5_000)).toEqual([]);
    client.close();
  };

  await load(WARM_UP);
  const base = await measureAtRest(port);
  await load(1 - WARM_UP);
  const last = await measureAtRest(port, (measured) => excess(base, measured).length === 0);

  expect(count.whole).toBeGreaterThan(0);
  expect(count.left).toBeGreaterThan(0);
  expect(count.cancelled).toBeGreaterThan(0);
  expect(count.turns).toBeGreaterThan(0);
  expect(last.runs.ended).toBe(last.runs.started);
  expect(excess(base, last)).toEqual([]);
  const wrong: string[] = [];
  for (const [id, status] of stored) {
    const ended = await untilEnded(id);
    if (ended["status"] !== status) wrong.push(`${id}: ${ended["status"]}, not ${status}`);
  }
  expect(wrong).toEqual([]);

  // A server that stops leaves nothing open behind, and ends well.
  const exited = once(running.child, "exit");
  client.close();
  expect(await running.stop()).toBe(0);
  await exited;
});
