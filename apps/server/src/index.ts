// This file is the whole public surface of @wheelhouse/server: what the command is made of, for scripts.

// Configuration
export { ConfigError } from "./config/config-error.js";
export type { ConfigProblem } from "./config/config-error.js";
export { resolveConfig } from "./config/resolve-config.js";
export type { ConfigInput } from "./config/resolve-config.js";
export type { ServerConfig } from "./config/server-config.js";
export type { SettingKey } from "./config/settings.js";

// Agent modules
export { loadAgentModule } from "./loader/load-agent-module.js";
export type { AgentModule, LoadAgentModuleOptions } from "./loader/load-agent-module.js";

// Serving
export { serve } from "./serve.js";
export type { Listening, RunningServer, ServedAgent } from "./serve.js";
export { StartError } from "./start-error.js";
export type { StartErrorKind } from "./start-error.js";
