// This file is the whole public surface of @wheelhouse/proxy.

// The proxy
export { createProxy } from "./create-proxy.js";
export type { Proxy } from "./create-proxy.js";
export type { ProxyOptions } from "./options.js";
export type { ProxyStats } from "./stats.js";
export type { ChatAppPreset } from "./path/presets.js";
export type { ProxyTarget } from "./upstream/target.js";

// The chat app's process
export { superviseChatApp } from "./supervise/supervise-chat-app.js";
export type { ChatAppOptions, SupervisedChatApp } from "./supervise/supervise-chat-app.js";
