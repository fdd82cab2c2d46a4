import { dirname, relative } from "node:path";
import type { ServerConfig } from "../config/server-config.js";
import type { Announcer } from "../output/announcer.js";
import type { StartError } from "../start-error.js";
import { onStopSignal } from "./on-stop-signal.js";
import { type ServingGroup, startServingGroup } from "./serving-group.js";
import { watchFolder } from "./watch-folder.js";

/** A change must not wait for long streams: they are a developer's own. */
const RELOAD_GRACE_MS = 2_000;
/** What a shell reports of a program that SIGINT ended. */
const INTERRUPTED = 130;

/**
 * Serves from other processes until a stop signal: `config.workers` of them, and with `config.reload` new ones
 * whenever the module's folder changes. Code that does not load is told and the next change awaited.
 * @returns the exit code.
 */
export async function supervise(
  config: ServerConfig,
  module: string,
  announcer: Announcer,
): Promise<number> {
  let current = config;
  const remembering: Announcer = {
    ...announcer,
    listening(at) {
      // A restart keeps the port that --port 0 took.
      current = { ...config, port: at.port };
      announcer.listening(at);
    },
  };
  let group: ServingGroup | undefined = startServingGroup(current, module, remembering);
  let stopping = false;
  let finish!: (code: number) => void;
  const finished = new Promise<number>((resolve) => (finish = resolve));

  const failed = (error: StartError): void => {
    announcer.problem(error.message);
    // No change of code frees a port.
    if (!config.reload || error.kind === "address") return finish(1);
    group = undefined;
    announcer.waiting();
  };
  const watchGroup = (started: ServingGroup): void => {
    void started.failed.then((error) => {
      if (group === started && !stopping) failed(error);
    });
  };
  watchGroup(group);

  let reloading = Promise.resolve();
  let queued = 0;
  const reload = async (path: string): Promise<void> => {
    queued -= 1;
    // The process that the last change of a burst starts has seen the earlier ones.
    if (stopping || queued > 0) return;
    announcer.reloading(relative(config.cwd, path) || ".");
    await group?.stop(RELOAD_GRACE_MS);
    if (stopping || queued > 0) return;
    group = startServingGroup(current, module, remembering);
    watchGroup(group);
  };
  const unwatch = config.reload
    ? watchFolder(
        dirname(module),
        (path) => {
          queued += 1;
          reloading = reloading.then(() => reload(path));
        },
        announcer.logger,
      )
    : undefined;

  const ignoreSignals = onStopSignal(
    () => {
      stopping = true;
      announcer.stopping(config.graceMs);
      void reloading
        .then(() => group?.stop(config.graceMs))
        .then((clean = true) => {
          if (!clean)
            announcer.problem("A serving process did not end in time and was ended by force");
          finish(clean ? 0 : 1);
        });
    },
    () => {
      group?.kill();
      finish(INTERRUPTED);
    },
  );
  const code = await finished;
  ignoreSignals();
  await unwatch?.();
  return code;
}
