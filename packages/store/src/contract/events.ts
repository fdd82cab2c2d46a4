import type { Log, LogBatch, LogEntry, LogEvent, LogWriter } from "../ports/log.js";
import { check } from "./assert.js";
import { soon } from "./wait.js";

/** Events that carry their numbers: `from`, `from + 1`, … */
export function numbered(count: number, from = 0): LogEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    type: "test.event",
    data: JSON.stringify({ n: from + index }),
  }));
}

/** An open log with that many numbered events. */
export async function logWith(log: Log, logId: string, count: number): Promise<LogWriter> {
  const writer = await log.open(logId, null);
  await log.append(writer, numbered(count));
  return writer;
}

export function seqs(entries: readonly LogEntry[]): number[] {
  return entries.map((entry) => entry.seq);
}

/** Seqs from `from` up to, without, `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

export async function allSeqs(log: Log, logId: string): Promise<number[]> {
  return seqs((await log.read(logId, -1, Infinity)).entries);
}

/** Reads a tail to its end. */
export async function drain(tail: AsyncIterable<LogBatch>): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  await soon(
    (async () => {
      for await (const batch of tail) {
        check(batch.entries.length > 0, "a tail gave an empty batch");
        entries.push(...batch.entries);
      }
    })(),
    "the end of a tail",
  );
  return entries;
}

/** Reads from an iterator until it has that many entries. */
export async function take(reader: AsyncIterator<LogBatch>, count: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  while (entries.length < count) {
    const result = await soon(reader.next(), `event ${entries.length + 1} of a tail`);
    check(result.done !== true, `a tail ended after ${entries.length} of ${count} events`);
    check(result.value.entries.length > 0, "a tail gave an empty batch");
    entries.push(...result.value.entries);
  }
  return entries;
}

export function readerOf(tail: AsyncIterable<LogBatch>): AsyncIterator<LogBatch> {
  return tail[Symbol.asyncIterator]();
}
