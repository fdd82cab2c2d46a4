import type { ServerConfig } from "./config/server-config.js";
import { createAnnouncer } from "./output/announcer.js";
import { drainAndExit } from "./process/drain-and-exit.js";
import { guardProcess } from "./process/guard-process.js";
import { type FromChild, isToChild } from "./process/messages.js";
import { watchParent } from "./process/watch-parent.js";
import { type RunningServer, serve } from "./serve.js";
import { startFailure } from "./start-error.js";

// The program of a serving process that a supervising one started. It is told what to serve by a message and
// ends with the process that started it.

/** Nobody can reach an orphan's streams again through its supervisor: they have this long. */
const ORPHAN_GRACE_MS = 2_000;

let server: RunningServer | undefined;
let ending = false;

/** Settles when the message is on its way, or cannot be: the supervisor may have died a moment ago. */
function tell(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

async function run(config: ServerConfig): Promise<void> {
  const { logger } = createAnnouncer(config);
  const end = (graceMs: number, code = 0): void => {
    if (ending) return;
    ending = true;
    void drainAndExit(server, graceMs, logger, code);
  };
  guardProcess(logger, (graceMs) => end(graceMs, 1));
  process.on("SIGTERM", () => end(config.graceMs));
  process.on("disconnect", () => end(ORPHAN_GRACE_MS));
  process.on("message", (message) => {
    if (isToChild(message) && message.wheelhouse === "stop") end(message.graceMs);
  });
  try {
    server = await serve(config, { logger });
    const { url, host, port, agents } = server;
    await tell({ wheelhouse: "listening", at: { url, host, port, agents } });
  } catch (error) {
    const [kind, message] = startFailure(error);
    await tell({ wheelhouse: "failed", kind, message });
    end(0, 1);
  }
}

// Ctrl-C reaches the whole foreground group; the supervisor decides and tells.
process.on("SIGINT", () => {});
if (process.send === undefined) {
  process.stderr.write("This program is started by the wheelhouse command.\n");
  process.exit(2);
}
watchParent();
process.on("message", (message) => {
  if (isToChild(message) && message.wheelhouse === "serve") void run(message.config);
});
