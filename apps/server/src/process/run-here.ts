import type { SupervisedChatApp } from "@wheelhouse/proxy";
import type { ServerConfig } from "../config/server-config.js";
import type { Announcer } from "../output/announcer.js";
import { type RunningServer, serve } from "../serve.js";
import { startFailure } from "../start-error.js";
import { drainAndExit } from "./drain-and-exit.js";
import { guardProcess } from "./guard-process.js";
import { onStopSignal } from "./on-stop-signal.js";
import { CHAT_APP_END_MS, startChatApp } from "./start-chat-app.js";

/** What a shell reports of a program that SIGINT ended. */
const INTERRUPTED = 130;

/** Serves from this process until a stop signal, then ends it. */
export async function runHere(
  config: ServerConfig,
  module: string,
  announcer: Announcer,
): Promise<void> {
  const { logger } = announcer;
  let server: RunningServer | undefined;
  let chatApp: SupervisedChatApp | undefined;
  let ending = false;
  const end = (graceMs: number, code?: number): void => {
    if (ending) return;
    ending = true;
    void drainAndExit(server, graceMs, logger, code, {
      end: async () => chatApp?.stop(),
      milliseconds: chatApp === undefined ? 0 : CHAT_APP_END_MS,
    });
  };
  process.on("exit", (code) => {
    if (ending) return;
    // Whoever restarts what fails must not take an agent's own process.exit() for an orderly end.
    if (code === 0) process.exitCode = 1;
    const when = server === undefined ? "while it loaded" : "while it served";
    announcer.problem(`The agent's code ended the process ${when} (exit code ${code})`);
  });
  guardProcess(logger, (graceMs) => end(graceMs, 1));
  onStopSignal(
    () => {
      announcer.stopping(config.graceMs);
      end(config.graceMs);
    },
    () => process.exit(INTERRUPTED),
  );
  try {
    chatApp = await startChatApp(config, announcer);
    server = await serve({ ...config, module }, { logger });
    announcer.listening(server);
  } catch (error) {
    const [, message] = startFailure(error);
    announcer.problem(message);
    end(0, 1);
  }
}
