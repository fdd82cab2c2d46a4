import { fetchOnce, firstEventTimes, requestBytes } from "./lib/http-load.js";
import { median } from "./lib/statistics.js";
import type { Target, Workload } from "./lib/workload.js";

/** W3: the time from a request to the first event, one kept-alive connection. */
export const w3: Workload = {
  id: "w3",
  title: "Time to the first event, one connection",
  unit: "ms",
  cases: [
    {
      name: "first event",
      targets: [
        target("raw", "raw", "/invocations"),
        target("wheelhouse /invocations", "wheelhouse", "/invocations"),
        target("wheelhouse /responses", "wheelhouse", "/responses"),
        target("express with zod", "express", "/invocations"),
      ],
    },
  ],
};

function target(name: string, server: string, path: string): Target {
  const input = [{ type: "message", role: "user", content: "Say one word." }];
  const metadata = { workload: "early" };
  const request = requestBytes(path, { input, metadata, stream: true, store: false });
  return {
    name,
    server,
    async check(port) {
      const text = await fetchOnce(port, request);
      if (!text.includes("first") || !text.includes("[DONE]")) throw new Error(`${name}: ${text}`);
    },
    async load(port, milliseconds) {
      const times = await firstEventTimes(port, request, milliseconds);
      return { value: median(times), units: times.length };
    },
  };
}
