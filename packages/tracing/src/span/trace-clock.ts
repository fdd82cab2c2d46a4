/**
 * The time of a trace: the wall clock is read once and the rest measured from there, so that a clock that
 * jumps (NTP, a suspended machine) bends no duration and puts no child outside its parent.
 */
export class TraceClock {
  readonly #wall = Date.now();
  readonly #began = performance.now();

  /** Unix milliseconds, with fractions. */
  now(): number {
    return this.#wall + (performance.now() - this.#began);
  }
}
