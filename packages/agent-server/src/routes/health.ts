import type { Reply, Route } from "@wheelhouse/http";

const policy = { surface: "probe" } as const;

/**
 * The probes: `/health` in MLflow's form (B1), `/livez` for "restart me if this fails", `/readyz` for
 * "send me work": 503 while the server drains or what it needs is not there (B55).
 */
export function healthRoutes(readiness: () => "ready" | "draining" | "unavailable"): Route[] {
  const get = (path: string, handle: () => Reply): Route => ({
    method: "GET",
    path,
    policy,
    handle,
  });
  return [
    get("/health", () => ({ kind: "json", body: { status: "healthy" } })),
    get("/livez", () => ({ kind: "json", body: { status: "alive" } })),
    get("/readyz", () => {
      const status = readiness();
      return { kind: "json", status: status === "ready" ? 200 : 503, body: { status } };
    }),
  ];
}
