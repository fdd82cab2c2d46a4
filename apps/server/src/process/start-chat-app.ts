import type { SupervisedChatApp } from "@wheelhouse/proxy";
import type { ServerConfig } from "../config/server-config.js";
import type { Announcer } from "../output/announcer.js";
import { StartError } from "../start-error.js";

/** Milliseconds that ending a chat app takes at most: its own grace, force, and a margin. */
export const CHAT_APP_END_MS = 6_000;

/**
 * Starts the configuration's chat app and keeps it running; undefined where there is none to start. One process of
 * the command has it, so that it outlives reloads and there is one for all workers.
 *
 * @throws StartError when its port is taken.
 */
export async function startChatApp(
  config: ServerConfig,
  announcer: Announcer,
): Promise<SupervisedChatApp | undefined> {
  const { chatProxy } = config;
  if (chatProxy?.command === undefined) return undefined;
  const { superviseChatApp } = await import("@wheelhouse/proxy");
  try {
    return await superviseChatApp({
      command: chatProxy.command,
      port: chatProxy.port,
      cwd: config.cwd,
      onLine: (line) => announcer.chatApp(line),
      onEnd: (why, restartMs) =>
        announcer.problem(`The chat app ended (${why}); it starts again in ${restartMs / 1000} s`),
    });
  } catch (error) {
    throw new StartError("address", error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
