import type { LogState } from "./log-state.js";
import type { MemorySettings } from "./memory-options.js";
import { OrderedList } from "./ordered-list.js";

/** The closed logs, the first closed first; past the bounds it lets go of those. */
export class FinishedLogs {
  readonly #settings: MemorySettings;
  readonly #letGo: (log: LogState) => void;
  readonly #logs = new OrderedList<LogState>();
  #nextOrdinal = 0;
  /** As many as each log had when it closed. */
  #characters = 0;

  constructor(settings: MemorySettings, letGo: (log: LogState) => void) {
    this.#settings = settings;
    this.#letGo = letGo;
  }

  add(log: LogState): void {
    log.finished = { ordinal: this.#nextOrdinal++, characters: log.buffer.characters };
    this.#logs.set(log.finished.ordinal, log);
    this.#characters += log.finished.characters;
    const { maxFinishedLogs, maxFinishedCharacters } = this.#settings;
    const isOver = (): boolean =>
      this.#logs.size > maxFinishedLogs || this.#characters > maxFinishedCharacters;
    while (isOver() && this.#logs.size > 1) {
      const oldest = this.#logs.first();
      if (oldest === undefined) return;
      this.delete(oldest);
      // Readers that are on the way keep the log itself and read it to its end.
      this.#letGo(oldest);
    }
  }

  delete(log: LogState): void {
    if (log.finished === undefined) return;
    this.#logs.delete(log.finished.ordinal);
    this.#characters -= log.finished.characters;
    log.finished = undefined;
  }
}
