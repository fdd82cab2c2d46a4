import type { Route } from "@wheelhouse/http";
import type { RouteContext } from "./route-context.js";

/** The MLflow release whose surface we match (architecture, decision 5). */
const MLFLOW_VERSION = "3.18.0";

/** `GET /agent/info`: what Databricks' tools ask to know an agent and whether it is up (B2-B4). */
export function agentInfoRoute({ agents, agentType }: RouteContext, name?: string): Route {
  const ownName = (): string | undefined => {
    const [agent, ...others] = agents.list();
    return others.length === 0 && agent?.name !== "agent" ? agent?.name : undefined;
  };
  return {
    method: "GET",
    path: "/agent/info",
    policy: { surface: "agent" },
    handle: () => ({
      kind: "json",
      body: {
        // Read at request time (B4); an empty value counts as unset.
        name: process.env["DATABRICKS_APP_NAME"] || (name ?? ownName() ?? "agent_server"),
        use_case: "agent",
        mlflow_version: MLFLOW_VERSION,
        ...(agentType === "ResponsesAgent" ? { agent_api: "responses" } : {}),
      },
    }),
  };
}
