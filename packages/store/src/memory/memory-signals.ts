import type { Signals } from "../ports/signals.js";
import { callListener } from "./call-listener.js";
import type { MemorySettings } from "./memory-options.js";

type Listener = (payload: string | undefined) => void;

/** The signals port in memory. A key without listeners costs nothing. */
export class MemorySignals implements Signals {
  readonly #settings: MemorySettings;
  readonly #keys = new Map<string, Set<Listener>>();

  constructor(settings: MemorySettings) {
    this.#settings = settings;
  }

  send(key: string, payload?: string): void {
    const entries = this.#keys.get(key);
    if (entries === undefined) return;
    // A copy: who begins or stops to listen meanwhile changes nothing for this signal.
    const listeners = [...entries];
    for (const listener of listeners) callListener(listener, payload, this.#settings.logger);
  }

  listen(key: string, listener: Listener): () => void {
    let listeners = this.#keys.get(key);
    if (listeners === undefined) {
      listeners = new Set();
      this.#keys.set(key, listeners);
    }
    // A wrapper, so that the same function listening twice is told twice and stopped one by one.
    const entry: Listener = (payload) => listener(payload);
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#keys.get(key) === listeners) this.#keys.delete(key);
    };
  }

  /** Part of closing the store. */
  end(): void {
    this.#keys.clear();
  }
}
