/** Milliseconds that authors may yield without a pause before the event loop gets its turn. */
const TURN_MS = 10;

/** When this turn of the event loop was first looked at; undefined until then. */
let began: number | undefined;

/**
 * Whether authors have had their share of this turn of the event loop. One clock for all of them: fifty
 * that never wait would else take fifty shares, and hold up a health check for seconds.
 */
export function isTurnLong(): boolean {
  const now = performance.now();
  if (began === undefined) {
    began = now;
    setImmediate(() => {
      began = undefined;
    }).unref();
  }
  return now - began > TURN_MS;
}
