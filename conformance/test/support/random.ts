/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A number from 0 to below 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  /** One of the entries. */
  pick<T>(entries: readonly T[]): T;
}

/** The numbers of a seed: whole numbers, such as a run's and an action's. */
export function randomOf(...seed: readonly number[]): Random {
  // Mulberry32; each number of the seed is stirred into the state, so that near ones are far apart.
  let state = 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (const number of seed) state = Math.floor(next() * 2 ** 32) ^ number;
  next();
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return { next, whole, pick: (entries) => entries[whole(0, entries.length - 1)]! };
}
