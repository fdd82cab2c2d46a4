// This file is the whole public surface of @wheelhouse/agent-server.

// Serve agents
export { createAgentServer } from "./create-agent-server.js";
export type { AgentServer } from "./create-agent-server.js";
export type { AgentServerOptions, AgentType } from "./options.js";
export { runAgentServer } from "./run-agent-server.js";
export type { RunAgentServerOptions } from "./run-agent-server.js";
