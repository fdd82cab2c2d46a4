/** Something that ends when its time is over. */
export interface Timed {
  /** On the clock of {@link Deadlines}; Infinity for no end. */
  deadline: number;
  onDeadline(): void;
}

/** Ends what takes too long. One timer looks after all of it: one for each request would cost each a timer. */
export interface Deadlines {
  /** Milliseconds, by the last look. */
  now(): number;
  add(timed: Timed): void;
  delete(timed: Timed): void;
}

const LONGEST_LOOK_MS = 250;
const SHORTEST_LOOK_MS = 5;

/**
 * Makes the clock. A deadline is met up to two looks late, which is at most a fifth of the shortest time.
 *
 * @param shortestMs the shortest time that will be asked for.
 */
export function createDeadlines(shortestMs: number): Deadlines {
  const lookMs = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, shortestMs / 10));
  const all = new Set<Timed>();
  let time = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    time = performance.now();
    for (const one of all) if (one.deadline < time) one.onDeadline();
    if (all.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    now: () => time,
    add(timed) {
      all.add(timed);
      if (timer !== undefined) return;
      const before = time;
      time = performance.now();
      // What was added was timed by the clock as it stood.
      timed.deadline += time - before;
      timer = setInterval(look, lookMs);
    },
    delete: (timed) => void all.delete(timed),
  };
}
