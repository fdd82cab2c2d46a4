import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Logger } from "@wheelhouse/core";
import { recordOtelSpan } from "../instrument/record-otel-span.js";
import { derivedToolRecords } from "../span/derived-tools.js";
import { recordSpan } from "../span/record-span.js";
import { RecordingSpan } from "../span/recording-span.js";
import type { SpanRecord } from "../span/span-record.js";
import { Outage } from "./outage.js";
import type { SpanSink } from "./span-sink.js";

/** Ended spans that wait to be made records; past it the oldest go, counted. They hold requests and answers. */
const MAX_WAITING = 2_048;

/** Milliseconds of work in one turn of the event loop. */
const SLICE_MS = 2;

/** What the queue needs. */
export interface SpanQueueOptions {
  readonly sinks: readonly SpanSink[];
  /** Characters of inputs, of outputs, of an attribute. */
  readonly maxValueCharacters: number;
  readonly logger: Logger;
}

/**
 * Takes spans as they end and makes records of them after the answers of that turn of the event loop have
 * been written, a bounded slice of time each turn.
 */
export class SpanQueue {
  readonly #options: SpanQueueOptions;
  readonly #outage: Outage;
  #waiting: (RecordingSpan | ReadableSpan)[] = [];
  #immediate: NodeJS.Immediate | undefined;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    this.#outage = new Outage("Recording traces", options.logger);
  }

  /** Takes a span that has ended: our own, or one that an instrumentation made. */
  push(span: RecordingSpan | ReadableSpan): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#waiting.shift();
      this.#outage.failed(new Error("More spans end than can be recorded."), 1);
    }
    this.#waiting.push(span);
    this.#immediate ??= setImmediate(this.#drain);
  }

  /** Makes records of all that waits, and waits until every sink is done with them. */
  async flush(): Promise<void> {
    this.#work(Infinity);
    await Promise.all(this.#options.sinks.map((sink) => sink.flush()));
  }

  async close(): Promise<void> {
    this.#work(Infinity);
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    await Promise.all(this.#options.sinks.map((sink) => sink.close()));
  }

  /** Makes records of all that waits, without waiting for the sinks. */
  settle(): void {
    this.#work(Infinity);
  }

  readonly #drain = (): void => {
    this.#immediate = undefined;
    this.#work(SLICE_MS);
    if (this.#waiting.length > 0) this.#immediate ??= setImmediate(this.#drain);
  };

  #work(milliseconds: number): void {
    const { maxValueCharacters: bound, sinks } = this.#options;
    const spans = this.#waiting;
    if (spans.length === 0) return;
    const end = performance.now() + milliseconds;
    const records: SpanRecord[] = [];
    let at = 0;
    while (at < spans.length) {
      const span = spans[at++]!;
      try {
        if (span instanceof RecordingSpan)
          records.push(recordSpan(span, bound), ...derivedToolRecords(span, bound));
        else records.push(recordOtelSpan(span, bound));
      } catch (error) {
        this.#outage.failed(error, 1);
      }
      // The clock is not free: every eighth span.
      if ((at & 7) === 0 && performance.now() > end) break;
    }
    this.#waiting = at === spans.length ? [] : spans.slice(at);
    for (const sink of sinks) {
      try {
        sink.write(records);
      } catch (error) {
        this.#outage.failed(error, records.length);
      }
    }
  }
}
