import type { Route } from "@wheelhouse/http";
import type { Metrics } from "../metrics/metrics.js";

/** `GET /metrics`, in Prometheus's text form. */
export function metricsRoute(metrics: Metrics): Route {
  return {
    method: "GET",
    path: "/metrics",
    // Answered to the end: the last figures of a process that drains count too.
    policy: { surface: "own", whileDraining: true },
    handle: () => ({
      kind: "text",
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      text: metrics.text(),
    }),
  };
}
