import fc from "fast-check";
import { expect } from "vitest";
import {
  StoreError,
  type Log,
  type LogBatch,
  type LogEntry,
  type LogEvent,
  type LogInfo,
  type LogWriter,
} from "../../src/index.js";

/** The bound of the log under test, small enough to be met. */
export const MAX_EVENTS = 40;

/** What is done: writers are named by how many came after, readers by how many came before. */
type Step =
  | { do: "open" }
  | { do: "append"; writer: number; count: number }
  | { do: "close"; writer: number }
  | { do: "read"; after: number; limit: number }
  | { do: "compact"; every: number }
  | { do: "tail"; after: number }
  | { do: "next"; reader: number };

const isDropped = (every: number) => (entry: LogEntry) => entry.seq % every === 0;

const eventsFrom = (seq: number, count: number): LogEvent[] =>
  Array.from({ length: count }, (_, n) => ({ type: "test.event", data: String(seq + n) }));

/** What a log is, said in the simplest way: every step gives what a driver must give. */
class Model {
  entries: LogEntry[] = [];
  nextSeq = 0;
  epochs = 0;
  closed = false;
  /** The newest seq the bound took. */
  lostThrough = -1;
  cursors: number[] = [];

  step(step: Step): unknown {
    if (step.do === "open") return this.closed ? "log_closed" : ++this.epochs;
    if (step.do === "append") return this.refusal(step.writer) ?? this.append(step.count);
    if (step.do === "close") return this.refusal(step.writer, false) ?? this.close();
    if (step.do === "read") return this.after(step.after, step.limit);
    if (step.do === "tail") return this.cursors.push(step.after);
    if (step.do === "next") return this.next(step.reader);
    this.entries = this.entries.filter((entry) => !isDropped(step.every)(entry));
    return undefined;
  }

  refusal(writer: number, needsOpen = true): string | undefined {
    if (writer % this.epochs > 0) return "log_fenced";
    return needsOpen && this.closed ? "log_closed" : undefined;
  }

  append(count: number): unknown {
    for (const event of eventsFrom(this.nextSeq, count)) {
      this.entries.push({ seq: this.nextSeq++, ...event });
    }
    while (this.entries.length > MAX_EVENTS) {
      this.lostThrough = this.entries.shift()?.seq ?? this.lostThrough;
    }
    return { lastSeq: this.nextSeq - 1, cancelRequested: false };
  }

  close(): undefined {
    this.closed = true;
  }

  after(cursor: number, limit = Infinity): LogBatch {
    const left = this.entries.filter((entry) => entry.seq > cursor);
    const gapBefore = cursor < this.lostThrough ? left[0]?.seq : undefined;
    return { entries: left.slice(0, limit), gapBefore };
  }

  next(reader: number): unknown {
    const at = reader % this.cursors.length;
    const cursor = this.cursors[at];
    if (cursor === undefined) return "no reader";
    const batch = this.after(cursor);
    if (batch.entries.length === 0) return this.closed ? "end" : "waits";
    this.cursors[at] = batch.entries.at(-1)?.seq ?? cursor;
    return batch;
  }

  info(): Partial<LogInfo> {
    const { nextSeq, closed } = this;
    return { epoch: this.epochs, firstSeq: this.entries[0]?.seq ?? nextSeq, nextSeq, closed };
  }
}

/** Does the same to a log. */
class Driven {
  readonly log: Log;
  readonly leave = new AbortController();
  readonly writers: LogWriter[] = [];
  readonly readers: AsyncIterator<LogBatch>[] = [];

  constructor(log: Log) {
    this.log = log;
  }

  async step(step: Step, expected: unknown): Promise<unknown> {
    try {
      return await this.#step(step, expected);
    } catch (error) {
      if (error instanceof StoreError) return error.code;
      throw error;
    }
  }

  async #step(step: Step, expected: unknown): Promise<unknown> {
    const { log } = this;
    if (step.do === "open") {
      this.writers.push(await log.open("a", null));
      return this.writers.at(-1)?.epoch;
    }
    if (step.do === "append") {
      const writer = this.#writer(step.writer);
      return log.append(writer, eventsFrom(writer.nextSeq, step.count));
    }
    if (step.do === "close") return log.close(this.#writer(step.writer));
    if (step.do === "read") return log.read("a", step.after, step.limit);
    if (step.do === "compact") return log.compact("a", isDropped(step.every));
    if (step.do === "tail") {
      const tail = log.tail("a", step.after, this.leave.signal);
      return this.readers.push(tail[Symbol.asyncIterator]());
    }
    const reader = this.readers[step.reader % this.readers.length];
    if (reader === undefined) return "no reader";
    // A call that waits would be answered by a later step; the rules of the contract try that.
    if (expected === "waits") return "waits";
    const result = await reader.next();
    return result.done === true ? "end" : result.value;
  }

  #writer(index: number): LogWriter {
    const writer = this.writers.at(-1 - (index % this.writers.length));
    if (writer === undefined) throw new Error("no writer");
    return writer;
  }
}

const of = (name: Step["do"], rest: Record<string, fc.Arbitrary<number>>) =>
  fc.record({ do: fc.constant(name), ...rest });

const index = fc.oneof(fc.constant(0), fc.nat(9));

const steps = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: of("open", {}) },
    { weight: 8, arbitrary: of("append", { writer: index, count: fc.nat(9) }) },
    {
      weight: 3,
      arbitrary: of("read", { after: fc.integer({ min: -1, max: 200 }), limit: fc.nat(12) }),
    },
    { weight: 1, arbitrary: of("compact", { every: fc.integer({ min: 2, max: 5 }) }) },
    { weight: 2, arbitrary: of("tail", { after: fc.integer({ min: -1, max: 60 }) }) },
    { weight: 6, arbitrary: of("next", { reader: fc.nat(9) }) },
  ) as unknown as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 80 },
);

const end = fc.array(
  fc.oneof(
    of("close", { writer: index }),
    of("append", { writer: index, count: fc.nat(2) }),
    of("open", {}),
    of("next", { reader: fc.nat(9) }),
  ) as unknown as fc.Arbitrary<Step>,
  { maxLength: 15 },
);

/** Does whatever can be done to a log, and holds each answer against the model's; `make` gives an empty one. */
export async function expectLogOfModel(
  make: () => Promise<{ log: Log; cleanup: () => void | Promise<void> }>,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(steps, end, async (first, last) => {
      const { log, cleanup } = await make();
      const model = new Model();
      const driven = new Driven(log);
      for (const step of [{ do: "open" } as const, ...first, ...last]) {
        const expected = model.step(step);
        expect(await driven.step(step, expected), JSON.stringify(step)).toEqual(expected);
        expect(await log.info("a")).toMatchObject(model.info());
      }
      driven.leave.abort();
      await cleanup();
    }),
    { numRuns },
  );
}
