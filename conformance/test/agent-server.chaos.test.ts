import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { soakSeconds } from "@wheelhouse/test-support";
import { expect, onTestFailed, test } from "vitest";
import {
  BrokenConnection,
  CHAOS_ACTS,
  checkWholeStream,
  command,
  httpClient,
  type HttpClient,
  pacedLoad,
  type Random,
  randomOf,
  readBody,
  type RunningProgram,
  until,
} from "./support/index.js";

const AGENT = join(import.meta.dirname, "fixtures", "chaos-agent.mjs");

const PER_SECOND = 30;
const CONCURRENCY = 24;
const WORKERS = 2;
const GRACE_SECONDS = 2;
/** Milliseconds in which /health has to answer, whatever happens. */
const HEALTH_MS = 2_000;
/** Milliseconds after which a probe tries again. */
const PROBE_MS = 800;
/** Milliseconds for a whole answer, however slowly it is read. */
const ANSWER_MS = 15_000;
/** Milliseconds between two looks at /health. */
const HEALTH_EVERY_MS = 200;
/** Milliseconds around a kill in which its connections may still be used. */
const AFTER_KILL_MS = 1_000;
/** Longest time for a killed worker's successor to serve; its delay grows up to 10 s. */
const REPLACED_MS = 25_000;
/** The share of the time in which workers are killed: what is left shows what survived. */
const KILLING = 0.7;

function chosenSeed(): number {
  const text = process.env["WHEELHOUSE_CHAOS_SEED"] ?? String(Date.now() % 1_000_000);
  const seed = Number(text);
  if (!Number.isSafeInteger(seed))
    throw new Error(`WHEELHOUSE_CHAOS_SEED must be a whole number: ${text}`);
  return seed;
}

/** Asks an agent to do something and gives the process that did; undefined when it could not. */
async function pidOf(http: HttpClient, agent: string, does: string): Promise<number | undefined> {
  const body = { input: [{ role: "user", content: "hi" }], custom_inputs: { does } };
  try {
    const answer = await http.send({ path: `/agents/${agent}/invocations`, body });
    return JSON.parse(await readBody(answer)).custom_outputs?.pid;
  } catch {
    return undefined;
  }
}

/** Gives the processes that did it, when each of the workers has. */
async function everyWorker(http: HttpClient, agent: string, does: string): Promise<number[]> {
  const pids = new Set<number>();
  await until(
    `every worker did "${does}"`,
    async () => {
      const asked = Array.from({ length: 2 * WORKERS }, () => pidOf(http, agent, does));
      for (const pid of await Promise.all(asked)) if (pid !== undefined) pids.add(pid);
      return pids.size >= WORKERS;
    },
    REPLACED_MS,
  );
  return [...pids];
}

/** Looks at /health again and again until it is told to stop; gives what was wrong. */
async function watchHealth(http: HttpClient, stop: AbortSignal): Promise<string[]> {
  const late: string[] = [];
  while (!stop.aborted) {
    const start = performance.now();
    for (let answered = false; !answered && performance.now() < start + HEALTH_MS;) {
      answered = await http.send({ path: "/health" }).then(
        async (answer) => {
          await readBody(answer);
          return answer.statusCode === 200;
        },
        // A worker that was killed takes its connections with it; the next try meets the other one.
        () => sleep(20).then(() => false),
      );
    }
    const took = Math.round(performance.now() - start);
    if (took > HEALTH_MS) late.push(`/health took ${took} ms`);
    await sleep(HEALTH_EVERY_MS);
  }
  return late;
}

interface Kill {
  readonly pid: number;
  readonly at: number;
}

/** Kills a worker now and then, while all are there, and notes it. */
async function killWorkers(http: HttpClient, random: Random, seconds: number, kills: Kill[]) {
  const end = performance.now() + seconds * 1_000;
  const wait = (from: number, to: number) => sleep(Math.min(random.whole(from, to), seconds * 500));
  for (await wait(2_000, 5_000); performance.now() < end; await wait(4_000, 9_000)) {
    const pid = random.pick(await everyWorker(http, "free", "nothing"));
    if (performance.now() >= end) return;
    kills.push({ pid, at: performance.now() });
    process.kill(pid, "SIGKILL");
  }
}

/** Streams that run when the server is told to stop: each has to end as a whole one. */
async function streamsAtTheEnd(http: HttpClient) {
  const paths = ["/agents/patient/invocations", "/responses"];
  const calls = ["drain", "endless", "deaf"].flatMap((does) =>
    paths.map((path) => ({ path, does })),
  );
  return Promise.all(
    calls.map(async ({ path, does }) => {
      const body = {
        model: "patient",
        stream: true,
        input: [{ role: "user", content: "hi" }],
        custom_inputs: { does },
      };
      const answer = await http.send({ path, body });
      await once(answer, "readable");
      return async (): Promise<void> => {
        checkWholeStream(path, does, await readBody(answer), true);
      };
    }),
  );
}

/** What the log has to tell and what it must not. */
function checkLog(running: RunningProgram, kills: readonly Kill[]): void {
  const log = running.stderr();
  const ended = [...log.matchAll(/Serving process (\d+) ended/g)].map(([, pid]) => Number(pid));
  expect(ended, "processes that ended before the end").toEqual(kills.map(({ pid }) => pid));
  const unhandled = log
    .split("\n")
    .filter((line) => /nothing (?:handled|caught) it/.test(line) && !line.includes("stray"));
  expect(unhandled, "errors that escaped").toEqual([]);
}

test("a server under clients, agents and kills of every kind stays whole", async () => {
  const seconds = soakSeconds();
  const seed = chosenSeed();
  onTestFailed(() => console.error(`Run this again with WHEELHOUSE_CHAOS_SEED=${seed}`));
  const flags = ["--port", "0", "--workers", String(WORKERS), "--grace", String(GRACE_SECONDS)];
  await using running = await command("start", AGENT, ...flags);
  const { port } = await running.listening();
  using http = httpClient(port, { keepAlive: false, timeoutMs: ANSWER_MS });
  using probe = httpClient(port, { keepAlive: false, timeoutMs: PROBE_MS });
  const kills: Kill[] = [];
  const isExcused = (error: unknown, start: number): boolean => {
    const after = kills.filter(({ at }) => at > start - AFTER_KILL_MS);
    return error instanceof BrokenConnection && after.length > 0;
  };

  const stop = new AbortController();
  const health = watchHealth(probe, stop.signal);
  const killing = killWorkers(probe, randomOf(seed, -1), seconds * KILLING, kills);
  // Looked at below: the load is waited for whatever goes wrong, so that nothing of it outlasts the test.
  killing.catch(() => {});
  const load = await pacedLoad("chaos", {
    seconds,
    perSecond: PER_SECOND,
    concurrency: CONCURRENCY,
    async act(index) {
      const random = randomOf(seed, index);
      const act = random.pick(CHAOS_ACTS);
      const start = performance.now();
      try {
        await act({ port, http, random });
      } catch (error) {
        if (!isExcused(error, start)) throw error;
      }
    },
  });
  await killing;
  expect(load.failures).toEqual([]);
  expect(kills.length).toBeGreaterThan(0);

  // Two at once in each process: every place that was taken has been given back.
  await everyWorker(probe, "limited", "meet");
  stop.abort();
  expect(await health).toEqual([]);
  checkLog(running, kills);

  const streams = await streamsAtTheEnd(http);
  const code = running.stop();
  await Promise.all(streams.map((readToEnd) => readToEnd()));
  expect(await code).toBe(0);
  checkLog(running, kills);
  // No process of the group is left, and the port is free.
  await until("the group is gone", () => {
    try {
      return !process.kill(-running.child.pid!, 0);
    } catch {
      return true;
    }
  });
  const next = createServer().listen(port, "127.0.0.1");
  await once(next, "listening");
  next.close();
});
