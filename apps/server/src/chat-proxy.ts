import type { Logger } from "@wheelhouse/core";
import type { Fallback } from "@wheelhouse/http";
import type { ServerConfig } from "./config/server-config.js";

/** The chat proxy of a configuration; undefined when it is off, and then nothing of it is loaded. */
export async function chatProxy(
  config: ServerConfig,
  logger: Logger,
): Promise<Fallback | undefined> {
  if (config.chatProxy === undefined) return undefined;
  const { createProxy } = await import("@wheelhouse/proxy");
  const { port, command, ...options } = config.chatProxy;
  return createProxy({
    ...options,
    target: port,
    bodyLimit: config.bodyLimit,
    // An app of ours is waited for; of one that somebody else runs nothing is expected.
    awaitTarget: command !== undefined,
    logger,
  });
}
