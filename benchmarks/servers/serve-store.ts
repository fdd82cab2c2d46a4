import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log, LogEvent } from "@wheelhouse/store";
import { quantile } from "../lib/statistics.js";
import { tellParent } from "./serve.js";

/** What a process that holds a store is asked, and what it came to. */
export interface StoreFigure {
  readonly value: number;
  readonly units: number;
}

/** Does some work on its store for so many milliseconds. */
export type StoreWork = (milliseconds: number) => StoreFigure | Promise<StoreFigure>;

/** A text delta as the log has it. */
export const EVENT: LogEvent = {
  type: "response.output_text.delta",
  data: '{"type":"response.output_text.delta","item_id":"msg_0123456789abcdef01234567","output_index":0,"content_index":0,"delta":"word 1234 ","logprobs":[]}',
};

/** Events of the log that is replayed, and single appends whose time it is held against. */
export const REPLAYED = 1_000;
const SINGLES = 20;

/** Logs that are written to at once, and events of each that wait for the store. */
const LOGS = 16;
const WAITING = 128;

/** Events that the author of a live log sends: every few milliseconds, as in W2b. */
const PACE_MS = 20;
/** Milliseconds after which the store takes a log for idle. */
const IDLE_MS = 150;

/** Serves `GET /<work>?ms=<milliseconds>`; answers with the figure as JSON. */
export function serveStore(works: Readonly<Record<string, StoreWork>>): void {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    const work = works[pathname.slice(1)];
    void (async () => work?.(Number(searchParams.get("ms"))))().then(
      (figure) => response.writeHead(figure === undefined ? 404 : 200).end(JSON.stringify(figure)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen({ port: 0, host: "127.0.0.1" }, () =>
    tellParent((server.address() as AddressInfo).port),
  );
}

/** What is measured of a log. */
export function logWorks(log: Log): Record<string, StoreWork> {
  let count = 0;
  const open = async () => log.open(`log ${count++}`, null);
  return {
    /** Events per second of logs whose authors are as fast as the store lets them be. */
    async commit(milliseconds) {
      const began = performance.now();
      let events = 0;
      const write = async (): Promise<void> => {
        const writer = await open();
        let waiting = 0;
        while (performance.now() < began + milliseconds) {
          const appends: unknown[] = [];
          for (; waiting < WAITING; waiting++) appends.push(log.append(writer, [EVENT]));
          await Promise.all(appends);
          waiting -= appends.length;
          events += appends.length;
        }
        await log.remove(writer.logId);
      };
      await Promise.all(Array.from({ length: LOGS }, write));
      return { value: (events * 1000) / (performance.now() - began), units: events };
    },

    /** Milliseconds that {@link SINGLES} appends take, each after the other. */
    singles: (milliseconds) =>
      medianOf(milliseconds, async () => {
        const writer = await open();
        const began = performance.now();
        for (let at = 0; at < SINGLES; at++) await log.append(writer, [EVENT]);
        const took = performance.now() - began;
        await log.remove(writer.logId);
        return took;
      }),

    /** Milliseconds to the first, and to the last, of {@link REPLAYED} events. */
    "first-event": (milliseconds) => replayed(log, milliseconds, "first"),
    "last-event": (milliseconds) => replayed(log, milliseconds, "last"),

    /** Milliseconds from an append to its reader. */
    "idle-p50": (milliseconds) => latency(log, milliseconds, IDLE_MS, 0.5),
    "idle-p99": (milliseconds) => latency(log, milliseconds, IDLE_MS, 0.99),
    "paced-p50": (milliseconds) => latency(log, milliseconds, PACE_MS, 0.5),
    "paced-p99": (milliseconds) => latency(log, milliseconds, PACE_MS, 0.99),
  };
}

/** Does it again and again; gives the median of what it gives. */
async function medianOf(milliseconds: number, once: () => Promise<number>): Promise<StoreFigure> {
  const ends = performance.now() + milliseconds;
  const values: number[] = [];
  while (performance.now() < ends) values.push(await once());
  return { value: quantile(values, 0.5), units: values.length };
}

/** Replays a log whose events were appended one by one, so that each may have a row of its own. */
async function replayed(
  log: Log,
  milliseconds: number,
  until: "first" | "last",
): Promise<StoreFigure> {
  const id = "replayed";
  if ((await log.info(id)) === undefined) {
    const writer = await log.open(id, null);
    // As a stream of W2b is stored: a few events of it are in one commit.
    for (let at = 0; at < REPLAYED; at += 2) {
      await log.append(writer, [EVENT, EVENT]);
    }
    await log.close(writer);
  }
  return medianOf(milliseconds, async () => {
    const began = performance.now();
    let events = 0;
    let took = 0;
    for await (const { entries } of log.tail(id, -1, new AbortController().signal)) {
      if (events === 0 || until === "last") took = performance.now() - began;
      events += entries.length;
    }
    if (events !== REPLAYED) throw new Error(`${events} events of ${REPLAYED}`);
    return took;
  });
}

/** Of a log's events at a pace, a few logs at once. */
async function latency(
  log: Log,
  milliseconds: number,
  paceMs: number,
  share: number,
): Promise<StoreFigure> {
  const times: number[] = [];
  const ends = performance.now() + milliseconds;
  const one = async (at: number): Promise<void> => {
    const id = `tailed ${at} ${Math.random()}`;
    const writer = await log.open(id, null);
    const sent: number[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const { entries } of log.tail(id, -1, stop.signal))
        for (const { seq } of entries) times.push(performance.now() - sent[seq]!);
    })();
    while (performance.now() < ends) {
      await new Promise((resolve) => setTimeout(resolve, paceMs * (0.75 + Math.random() / 2)));
      sent.push(performance.now());
      await log.append(writer, [EVENT]);
    }
    await log.close(writer);
    await reading;
    await log.remove(id);
  };
  await Promise.all(Array.from({ length: LOGS }, (_, at) => one(at)));
  return { value: quantile(times, share), units: times.length };
}
