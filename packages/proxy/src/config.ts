// This file is the whole public surface of @wheelhouse/proxy/config: what checks a configuration, without the proxy.

export { portOfTarget } from "./upstream/target.js";
export type { ProxyTarget } from "./upstream/target.js";
export { allowedPathProblem, DEFAULT_ALLOWED_PATHS } from "./path/allow-list.js";
export type { AllowedPaths } from "./path/allow-list.js";
export { PRESETS } from "./path/presets.js";
export type { ChatAppPreset } from "./path/presets.js";
