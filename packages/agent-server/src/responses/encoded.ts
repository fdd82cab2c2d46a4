import type { LogEntry } from "@wheelhouse/store";
import type { EncodeEntries } from "../run/outlet.js";

/** Batches of events as texts of a connection. */
export async function* encoded(
  batches: AsyncIterable<readonly LogEntry[]>,
  encode: EncodeEntries,
): AsyncGenerator<string, void, void> {
  for await (const batch of batches) yield encode(batch);
}
