import { decodeSse, type DecodeSseOptions } from "../../src/index.js";

/** What {@link decodeSse} gives for a frame. */
export interface SeenFrame {
  event?: string | undefined;
  id?: string | undefined;
  data: string;
}

/** Sends chunks one by one, as a socket does. */
export async function* chunks<Chunk>(...list: Chunk[]): AsyncGenerator<Chunk, void, void> {
  for (const chunk of list) {
    // A real chunk comes in a later turn of the event loop.
    await Promise.resolve();
    yield chunk;
  }
}

/** Reads a stream to its end. */
export async function readAll(
  source: AsyncIterable<Uint8Array | string>,
  options?: DecodeSseOptions,
): Promise<SeenFrame[]> {
  const seen: SeenFrame[] = [];
  for await (const { event, id, data } of decodeSse(source, options))
    seen.push({ event, id, data });
  return seen;
}

/** Cuts bytes at the given places. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted(
    (one, other) => one - other,
  );
  return sorted.slice(1).map((end, at) => bytes.slice(sorted[at], end));
}
