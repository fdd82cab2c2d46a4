import type { AgentType } from "../options.js";
import type { ResponsesContext } from "../responses/responses-context.js";

/** What the routes share. */
export interface RouteContext extends ResponsesContext {
  readonly agentType: AgentType;
}
