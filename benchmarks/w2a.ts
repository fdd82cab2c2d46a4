import { endsChunked, fetchOnce, requestBytes, runLoad } from "./lib/http-load.js";
import type { Target, Workload } from "./lib/workload.js";
import { DELTAS } from "./servers/agent.js";

/** W2a: 200 deltas a stream without delay, 16 connections. */
export const w2a: Workload = {
  id: "w2a",
  title: `Streams of ${DELTAS} deltas without delay, 16 connections`,
  unit: "deltas/s",
  cases: [
    {
      name: "burst",
      targets: [
        target("raw, one write a turn", "raw-per-turn", "/invocations"),
        target("raw, one write an event", "raw", "/invocations"),
        target("wheelhouse /invocations", "wheelhouse", "/invocations"),
        target("wheelhouse /responses", "wheelhouse", "/responses"),
        target("traced /invocations", "wheelhouse-traced", "/invocations"),
        target("traced /responses", "wheelhouse-traced", "/responses"),
        target("express with zod", "express", "/invocations"),
      ],
    },
  ],
};

function target(name: string, server: string, path: string): Target {
  const input = [{ type: "message", role: "user", content: "Say many words." }];
  const request = requestBytes(path, { input, stream: true, store: false });
  return {
    name,
    server,
    async check(port) {
      const text = await fetchOnce(port, request);
      const deltas = text.split('"type":"response.output_text.delta"').length - 1;
      if (deltas !== DELTAS || !text.includes("data: [DONE]\n\n"))
        throw new Error(`${name}: ${deltas} deltas`);
    },
    async load(port, milliseconds) {
      const load = { port, request, connections: 16, milliseconds, isWhole: endsChunked };
      const { answers, seconds } = await runLoad(load);
      return { value: (answers * DELTAS) / seconds, units: answers * DELTAS };
    },
  };
}
