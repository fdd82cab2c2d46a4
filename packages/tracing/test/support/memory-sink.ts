import type { SpanRecord, SpanSink } from "@wheelhouse/tracing";

/** A sink that keeps its records. */
export function memorySink(): SpanSink & { readonly records: readonly SpanRecord[] } {
  const records: SpanRecord[] = [];
  return {
    name: "memory",
    records,
    write: (more) => void records.push(...more),
    flush: async () => {},
    close: async () => {},
  };
}
