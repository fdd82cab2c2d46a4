import { ConfigError } from "../config/config-error.js";
import { isLoopback } from "../config/is-loopback.js";
import { type ConfigInput, resolveConfig } from "../config/resolve-config.js";
import type { ServerConfig } from "../config/server-config.js";
import { findAgentModule } from "../loader/find-agent-module.js";
import {
  execArgvFor,
  hasTypescriptLoader,
  needsTypescriptLoader,
} from "../loader/typescript-loader.js";
import { createAnnouncer } from "../output/announcer.js";
import { replaceProcess } from "../process/replace-process.js";
import { startFailure } from "../start-error.js";

/** What a shell reports of a program that SIGINT ended. */
const INTERRUPTED = 130;

/** `wheelhouse dev` and `wheelhouse start`: resolves the configuration and serves from as many processes as it takes. */
export async function runCommand(
  command: "dev" | "start",
  flags: NonNullable<ConfigInput["flags"]>,
): Promise<void> {
  let config: ServerConfig;
  try {
    config = resolveConfig({ command, flags });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createAnnouncer({ json: flags.json === true }).problem(error.message);
    process.exitCode = 2;
    return;
  }
  const announcer = createAnnouncer(config);
  let module: string;
  try {
    module = findAgentModule(config.module, config.cwd);
  } catch (error) {
    announcer.problem(startFailure(error)[1]);
    process.exitCode = 1;
    return;
  }
  if (command === "dev" && !isLoopback(config.host)) {
    announcer.logger.warn(
      `Errors are not shown to clients: others can reach ${config.host}. Read them here.`,
    );
  }
  if (config.workers === 1 && !config.reload) {
    const loads = hasTypescriptLoader() || !needsTypescriptLoader(module);
    if (!loads) replaceProcess(execArgvFor(module));
    if (loads) {
      const { runHere } = await import("../process/run-here.js");
      return runHere(config, module, announcer);
    }
  }
  const { supervise } = await import("../process/supervise.js");
  const { startChatApp } = await import("../process/start-chat-app.js");
  try {
    const chatApp = await startChatApp(config, announcer);
    const code = await supervise(config, module, announcer);
    // A second Ctrl-C does not wait for anything.
    if (code === INTERRUPTED) chatApp?.kill();
    else await chatApp?.stop();
    process.exit(code);
  } catch (error) {
    announcer.problem(startFailure(error)[1]);
    process.exit(1);
  }
}
