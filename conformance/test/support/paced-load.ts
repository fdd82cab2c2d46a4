import { inspect } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";

export interface PacedLoadOptions {
  readonly seconds: number;
  /** Starts per second at most: what a slow machine has missed is not made up for. */
  readonly perSecond: number;
  /** Actions under way at the same time. */
  readonly concurrency: number;
  /** The action of a number, from 0 on. It has to end by itself; a rejection is a failure of the load. */
  readonly act: (index: number) => Promise<void>;
}

/** What a load came to. */
export interface LoadResult {
  readonly actions: number;
  /** The first failures, as text. */
  readonly failures: readonly string[];
}

/** Failures that are kept: one that comes with every request says nothing more the thousandth time. */
const MAX_FAILURES = 20;
/** Milliseconds between two lines of progress. */
const PROGRESS_MS = 10_000;

/** Whether the run has a terminal; Vitest tells its workers, whose own output is a pipe. */
const isTerminal = (): boolean => process.stdout.isTTY || process.env["FORCE_TTY"] === "true";

/** Starts actions at a steady pace for a time, and settles when the last has ended. */
export async function pacedLoad(name: string, options: PacedLoadOptions): Promise<LoadResult> {
  const { seconds, perSecond, concurrency, act } = options;
  const running = new Set<Promise<void>>();
  const failures: string[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  let actions = 0;
  let progressAt = start + PROGRESS_MS;

  const run = async (index: number): Promise<void> => {
    try {
      await act(index);
    } catch (error) {
      if (failures.length < MAX_FAILURES) failures.push(`action ${index}: ${inspect(error)}`);
    }
  };

  for (let due = start; due < end; due = Math.max(due + 1_000 / perSecond, performance.now())) {
    await sleep(Math.max(0, due - performance.now()));
    if (running.size >= concurrency) await Promise.race(running);
    const action = run(actions++).finally(() => running.delete(action));
    running.add(action);
    if (isTerminal() && performance.now() >= progressAt) {
      progressAt += PROGRESS_MS;
      const at = Math.round((performance.now() - start) / 1_000);
      console.log(
        `${name}: ${at} of ${seconds} s, ${actions} actions, ${failures.length} failures`,
      );
    }
  }
  await Promise.all(running);
  return { actions, failures };
}
