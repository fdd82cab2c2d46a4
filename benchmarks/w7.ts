import { fetchOnce, firstEventTimes, getBytes, requestBytes } from "./lib/http-load.js";
import { runPaced } from "./lib/paced-load.js";
import { median } from "./lib/statistics.js";
import type { Target, Workload } from "./lib/workload.js";
import { PACED_DELTAS } from "./servers/agent.js";
import type { StoreFigure } from "./servers/serve-store.js";

/** Streams at once: what two cores can pace together with the load. */
const STREAMS = 200;

/**
 * W7: the store. What group commit gains over a commit for each event; what it costs to store a stream; how
 * soon a log is replayed; how long an event is on its way to a reader.
 */
export const w7: Workload = {
  id: "w7",
  title: "The store: group commit, stored streams, replay, tail",
  unit: "events/s",
  cases: [
    {
      name: "commit",
      targets: [
        storeTarget("a commit an event", "store-per-event", "commit"),
        storeTarget("SQLite store", "store-sqlite", "commit"),
        storeTarget("memory store", "store-memory", "commit"),
      ],
    },
    {
      name: "stored streams",
      unit: "ms late, p99",
      targets: [
        streamTarget("not stored", "wheelhouse", false),
        streamTarget("memory store", "wheelhouse", true),
        streamTarget("SQLite store", "wheelhouse-sqlite", true),
      ],
    },
    {
      name: "replay of 1,000 events",
      unit: "ms",
      targets: [
        storeTarget("20 single appends", "store-sqlite", "singles"),
        storeTarget("to the first event", "store-sqlite", "first-event"),
        storeTarget("to the last event", "store-sqlite", "last-event"),
        replayTarget("GET, to the first event", "wheelhouse-sqlite"),
      ],
    },
    {
      name: "append to reader",
      unit: "ms",
      targets: [
        storeTarget("SQLite, every 150 ms, p50", "store-sqlite", "idle-p50"),
        storeTarget("SQLite, every 150 ms, p99", "store-sqlite", "idle-p99"),
        storeTarget("SQLite, every 20 ms, p50", "store-sqlite", "paced-p50"),
        storeTarget("SQLite, every 20 ms, p99", "store-sqlite", "paced-p99"),
        storeTarget("memory, every 20 ms, p50", "store-memory", "paced-p50"),
        storeTarget("memory, every 20 ms, p99", "store-memory", "paced-p99"),
      ],
    },
  ],
};

/** Work that a process does on a store of its own: there is no load from outside. */
function storeTarget(name: string, server: string, work: string): Target {
  const ask = async (port: number, milliseconds: number): Promise<StoreFigure> => {
    const answer = await fetch(`http://127.0.0.1:${port}/${work}?ms=${milliseconds}`);
    if (answer.status !== 200) throw new Error(`${name}: ${await answer.text()}`);
    return (await answer.json()) as StoreFigure;
  };
  return {
    name,
    server,
    async check(port) {
      const { value, units } = await ask(port, 50);
      if (!(value > 0 && units > 0)) throw new Error(`${name}: ${value} of ${units}`);
    },
    load: ask,
  };
}

/** Streams at W2b's pace. Each is there for a GET where it was stored, and is not where it was not. */
function streamTarget(name: string, server: string, store: boolean): Target {
  const input = [{ type: "message", role: "user", content: "Say some words." }];
  const metadata = { workload: "paced" };
  const body = { input, metadata, stream: true, ...(!store && { store }) };
  const request = requestBytes("/responses", body);
  return {
    name,
    server,
    async check(port) {
      const text = await fetchOnce(port, request);
      const deltas = text.split('"type":"response.output_text.delta"').length - 1;
      const id = /resp_[0-9a-f]{24}/.exec(text)?.[0];
      const { status } = await fetch(`http://127.0.0.1:${port}/responses/${id}`);
      if (deltas !== PACED_DELTAS || status !== (store ? 200 : 404))
        throw new Error(`${name}: ${deltas} deltas, then ${status}`);
    },
    async load(port, milliseconds) {
      const load = { port, request, streams: STREAMS, milliseconds };
      const { deltas, lateP99 } = await runPaced(load);
      return { value: lateP99, units: deltas };
    },
  };
}

/** A stored response of 1,000 events and more, read again over HTTP. */
function replayTarget(name: string, server: string): Target {
  let request: Buffer;
  return {
    name,
    server,
    async check(port) {
      const input = [{ type: "message", role: "user", content: "Say many words." }];
      const metadata = { workload: "long" };
      const text = await fetchOnce(
        port,
        requestBytes("/responses", { input, metadata, stream: true }),
      );
      const id = /resp_[0-9a-f]{24}/.exec(text)?.[0];
      request = getBytes(`/responses/${id}?stream=true`);
      const replayed = await fetchOnce(port, request);
      const events = replayed.split("\ndata: {").length - 1;
      if (events < 1_000 || !replayed.includes("data: [DONE]"))
        throw new Error(`${name}: ${events} events`);
    },
    async load(port, milliseconds) {
      const times = await firstEventTimes(port, request, milliseconds);
      return { value: median(times), units: times.length };
    },
  };
}
