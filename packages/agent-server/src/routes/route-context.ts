import type { AgentDirectory } from "../agent-directory.js";
import type { AgentType } from "../options.js";
import type { Engine } from "../run/engine.js";

/** What the routes share. */
export interface RouteContext {
  readonly agents: AgentDirectory;
  readonly agentType: AgentType;
  readonly engine: Engine;
}
