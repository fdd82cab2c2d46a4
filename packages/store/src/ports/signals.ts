/** Wake-ups and cancels by key, best effort: whoever needs certainty reads the log or the records. */
export interface Signals {
  /** Calls those that listen to the key now; a listener that throws disturbs neither them nor the sender. */
  send(key: string, payload?: string): void | Promise<void>;
  /** Calls `listener` for every signal sent to the key from now on; the function returned stops that. */
  listen(key: string, listener: (payload: string | undefined) => void): () => void;
}
