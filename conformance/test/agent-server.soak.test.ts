import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { soakSeconds } from "@wheelhouse/test-support";
import { expect, test } from "vitest";
import {
  command,
  eventsOf,
  httpClient,
  type HttpClient,
  type Json,
  legalStream,
  pacedLoad,
  parseFrames,
  readBody,
  type ReadPace,
} from "./support/index.js";
import { excess, measureAtRest } from "./support/measure.js";

const AGENT = join(import.meta.dirname, "fixtures", "soak-agent.mjs");

const PER_SECOND = 40;
const CONCURRENCY = 32;
/** The share of the time after which what has been compiled and cached is no longer taken for a leak. */
const WARM_UP = 1 / 3;
const KIB = 1024;

const bodyOf = (input: string, inputs: Json, more: Json = {}) => ({
  model: "agent",
  input: [{ role: "user", content: input }],
  custom_inputs: inputs,
  ...more,
});

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** The mixed load: one action after the other, each as often as any other. */
function mixedLoad(client: HttpClient) {
  const count = { left: 0, whole: 0 };

  const sendAndCheck = async (
    status: number,
    call: Parameters<HttpClient["send"]>[0],
  ): Promise<Json> => {
    const answer = await client.send(call);
    const text = await readBody(answer);
    check(answer.statusCode === status, `${status} expected: ${answer.statusCode} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  };

  const invoke = (path: string, sent: number, size: number) => async (): Promise<void> => {
    const body = bodyOf("y".repeat(sent), { size });
    const { output } = await sendAndCheck(200, { path, body });
    const text: string = output[0].content[0].text;
    check(text === `${sent} ${"x".repeat(size)}`, `another text: ${text.slice(0, 100)}`);
  };

  const openStream = async (path: string, inputs: Json): Promise<IncomingMessage> => {
    const answer = await client.send({ path, body: bodyOf("hi", inputs, { stream: true }) });
    check(answer.statusCode === 200, `no stream: ${answer.statusCode}`);
    return answer;
  };

  const readWhole =
    (path: string, inputs: { pieces: number; size: number; pauseMs?: number }, pace?: ReadPace) =>
    async (): Promise<void> => {
      const frames = parseFrames(await readBody(await openStream(path, inputs), pace));
      const { events } =
        path === "/invocations" ? { events: eventsOf(frames) } : legalStream(frames);
      if (path !== "/invocations")
        check(events.at(-1)?.["type"] === "response.completed", JSON.stringify(events.at(-1)));
      const deltas = events.filter(({ type }) => type === "response.output_text.delta");
      const length = deltas.reduce((sum, { delta }) => sum + delta.length, 0);
      check(length === inputs.pieces * inputs.size, `${length} characters of text`);
      count.whole += 1;
    };

  const leave = (path: string, inputs: Json, pace?: ReadPace) => async (): Promise<void> => {
    const answer = await openStream(path, { ...inputs, endless: true });
    let bytes = 0;
    const pauses = pace?.pauses ?? 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (pace !== undefined) await new Promise((resolve) => setTimeout(resolve, pace.pauseMs));
      // Leaving the loop destroys the connection.
      if (bytes > 2 * KIB * (1 + pauses)) break;
    }
    count.left += 1;
  };

  const fails =
    (status: number, path: string, body: unknown, method = "POST") =>
    async () => {
      const answer = await sendAndCheck(status, { path, body, method });
      check(typeof answer["detail"] === "string", `no detail: ${JSON.stringify(answer)}`);
    };

  const get =
    (status: number, path: string, method = "GET") =>
    async (): Promise<void> => {
      await sendAndCheck(status, { path, method });
    };

  const actions: readonly (() => Promise<void>)[] = [
    invoke("/invocations", 10, 10),
    readWhole("/responses", { pieces: 20, size: 20 }),
    fails(400, "/invocations", "{"),
    leave("/responses", { pauseMs: 2, size: 200 }),
    invoke("/responses", 10, 10),
    readWhole("/invocations", { pieces: 20, size: 20 }),
    get(404, "/wrong"),
    leave("/invocations", { pauseMs: 2, size: 200, deaf: true }),
    invoke("/v1/responses", 200 * KIB, 10),
    readWhole("/v1/responses", { pieces: 10, size: 50, pauseMs: 5 }),
    fails(400, "/responses", {}),
    readWhole("/responses", { pieces: 40, size: 64 * KIB }, { pauseMs: 50, pauses: 10 }),
    invoke("/invocations", 10, 200 * KIB),
    leave("/responses", { size: 16 * KIB }, { pauseMs: 20, pauses: 10 }),
    get(200, "/health"),
    fails(413, "/invocations", bodyOf("x".repeat(600 * KIB), {})),
    readWhole("/invocations", { pieces: 40, size: 64 * KIB }, { pauseMs: 50, pauses: 10 }),
    fails(500, "/responses", bodyOf("hi", { fails: "by mistake" })),
    leave("/invocations", { size: 16 * KIB, deaf: true }),
    fails(409, "/invocations", bodyOf("hi", { fails: "on purpose" })),
    get(200, "/v1/models"),
    fails(404, "/responses", bodyOf("hi", {}, { model: "nobody" })),
    readWhole("/responses", { pieces: 1_500, size: 10 }),
    get(405, "/responses", "DELETE"),
  ];
  return { count, act: (index: number) => actions[index % actions.length]!() };
}

test("a server under a mixed load keeps nothing of what is over", async () => {
  const seconds = soakSeconds();
  await using running = await command("start", AGENT, "--port", "0", "--body-limit", "512kb");
  const { port } = await running.listening();
  using client = httpClient(port);
  const { act, count } = mixedLoad(client);
  const load = async (share: number): Promise<void> => {
    const limits = { seconds: seconds * share, perSecond: PER_SECOND, concurrency: CONCURRENCY };
    const { failures } = await pacedLoad("soak", { ...limits, act });
    expect(failures, running.stderr().slice(-5_000)).toEqual([]);
    client.close();
  };

  await load(WARM_UP);
  const base = await measureAtRest(port);
  await load(1 - WARM_UP);
  const last = await measureAtRest(port, (measured) => excess(base, measured).length === 0);

  expect(count.whole).toBeGreaterThan(0);
  expect(count.left).toBeGreaterThan(0);
  expect(last.runs).toEqual({
    started: last.runs.started,
    ended: last.runs.started,
    left: count.left,
  });
  expect(excess(base, last)).toEqual([]);
});
