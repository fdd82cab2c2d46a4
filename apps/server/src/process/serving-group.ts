import type { ServerConfig } from "../config/server-config.js";
import type { Announcer } from "../output/announcer.js";
import { StartError } from "../start-error.js";
import { isCrash, type ServingChild, startServingChild } from "./serving-child.js";

/** Serving processes of one module on one port. */
export interface ServingGroup {
  /** Settles, with the reason, only when the group cannot serve and has ended every process it had. */
  readonly failed: Promise<StartError>;
  /** Ends every process: orderly within the grace, then by force. True when none had to be forced or failed. */
  stop(graceMs: number): Promise<boolean>;
  /** Ends every process by force. */
  kill(): void;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
/** A process that served this long was healthy: its end does not lengthen the next delay. */
const HEALTHY_MS = 10_000;
const CRASHES_IN_A_ROW = 3;

/**
 * Keeps `config.workers` serving processes running. One that ends is replaced after 0.5 s, then 1 s and so on up
 * to 10 s. While none serves, a process that says why it cannot start, or the third in a row that ends without a
 * word, ends the group.
 */
export function startServingGroup(
  config: ServerConfig,
  module: string,
  announcer: Announcer,
): ServingGroup {
  const shared = config.workers > 1;
  const children = new Set<ServingChild>();
  const serving = new Set<ServingChild>();
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;
  let crashes = 0;
  let port = config.port;
  let settle!: (error: StartError) => void;
  const failed = new Promise<StartError>((resolve) => (settle = resolve));

  const kill = (): void => {
    stopping = true;
    for (const timer of timers) clearTimeout(timer);
    for (const child of children) child.kill();
  };

  const giveUp = async (reason: StartError): Promise<void> => {
    if (stopping) return;
    kill();
    await Promise.all([...children].map((child) => child.exit));
    settle(reason);
  };

  const keepOne = async (failures: number): Promise<void> => {
    // Shared ports are handed out by this process: 0 stays 0 there, and all get the one first taken.
    const child = startServingChild(
      { ...config, port: shared ? config.port : port },
      module,
      shared,
    );
    children.add(child);
    let servedSince: number | undefined;
    try {
      const at = await child.listening;
      servedSince = performance.now();
      serving.add(child);
      crashes = 0;
      port = at.port;
      if (!stopping && serving.size === config.workers) announcer.listening(at);
    } catch (error) {
      if (!stopping && error instanceof StartError && serving.size === 0) {
        crashes += 1;
        if (!isCrash(error) || crashes >= CRASHES_IN_A_ROW) return void giveUp(error);
      }
      if (!stopping && error instanceof Error) announcer.problem(error.message);
    }
    const { code, signal } = await child.exit;
    children.delete(child);
    serving.delete(child);
    if (stopping) return;
    const healthy = servedSince !== undefined && performance.now() - servedSince >= HEALTHY_MS;
    const before = healthy ? 0 : failures;
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** before);
    announcer.problem(
      `Serving process ${child.pid} ended (${signal ?? `exit code ${code}`}); another starts in ${delay / 1000} s`,
    );
    const timer = setTimeout(() => {
      timers.delete(timer);
      void keepOne(before + 1);
    }, delay);
    timers.add(timer);
  };

  for (let at = 0; at < config.workers; at++) void keepOne(0);

  return {
    failed,
    kill,
    async stop(graceMs) {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      const exits = await Promise.all([...children].map((child) => child.stop(graceMs)));
      return exits.every(({ code }) => code === 0);
    },
  };
}
