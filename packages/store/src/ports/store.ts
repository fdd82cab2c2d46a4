import type { Log } from "./log.js";
import type { Queue } from "./queue.js";
import type { Records } from "./records.js";
import type { Signals } from "./signals.js";

/** What a server stores through. */
export interface Store {
  readonly log: Log;
  readonly records: Records;
  readonly queue: Queue;
  readonly signals: Signals;
  /**
   * Lets go of timers, files and connections; open tails end. Writing afterwards throws
   * `StoreClosedError`; closing twice does nothing.
   */
  close(): Promise<void>;
}
