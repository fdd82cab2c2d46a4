import type { TraceId } from "@wheelhouse/core";

/** Which traces that begin here are recorded. A caller's `traceparent` decides for the traces it began. */
export type Sample = (traceId: TraceId) => boolean;

/**
 * Records that share of the traces, told by the id so that every service decides the same
 * (OpenTelemetry, TraceIdRatioBased: the id's last 56 bits).
 *
 * @throws RangeError for a ratio that is not from 0 to 1.
 */
export function sampleRatio(ratio: number): Sample {
  if (!(ratio >= 0 && ratio <= 1))
    throw new RangeError(`sampleRatio must be a number from 0 to 1, not ${String(ratio)}.`);
  if (ratio === 1) return () => true;
  const threshold = ratio * 2 ** 52;
  return (traceId) => Number.parseInt(traceId.slice(-13), 16) < threshold;
}
