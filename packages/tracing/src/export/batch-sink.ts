import type { Resource } from "@opentelemetry/resources";
import type { BatchSpanProcessor, ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { type Logger, silentLogger } from "@wheelhouse/core";
import { Outage } from "../pipeline/outage.js";
import type { SpanSink } from "../pipeline/span-sink.js";
import type { SpanRecord } from "../span/span-record.js";
import type { BatchSettings } from "./batch-options.js";
import { loadOtelSdk, type OtelSdk, untraced } from "./otel-sdk.js";
import { readableSpan } from "./readable-span.js";
import { serviceResource } from "./service-resource.js";
import { watchedExporter } from "./watched-exporter.js";

/** Milliseconds to the next try where the exporter could not be made: the backend did not answer. */
const RETRY_MS = 5_000;

/** What a sink that sends batches is made of. */
export interface BatchSinkParts {
  readonly name: string;
  /** For the log: `The MLflow server at …`. */
  readonly what: string;
  readonly settings: BatchSettings;
  /** Makes the exporter; may ask the backend something first. Tried again when it rejects. */
  readonly createExporter: (sdk: OtelSdk) => SpanExporter | Promise<SpanExporter>;
  /** Told of the records that a backend took. */
  readonly onExported?: ((records: readonly SpanRecord[]) => Promise<void>) | undefined;
  readonly serviceName: string | undefined;
}

interface Pipe {
  readonly sdk: OtelSdk;
  readonly processor: BatchSpanProcessor;
  readonly resource: Resource;
}

/**
 * Sends spans through OpenTelemetry's batch processor. The SDK is loaded, and the exporter made, with the
 * first span; until then spans wait here, within the same bound. A backend that is down or hangs is
 * reported once, and costs spans, nothing else.
 */
export class BatchSink implements SpanSink {
  readonly name: string;
  readonly #parts: BatchSinkParts;
  #outage: Outage;
  #waiting: SpanRecord[] = [];
  /** Spans that the processor has and the exporter is not done with. */
  #underWay = new Map<ReadableSpan, SpanRecord>();
  #pipe: Pipe | undefined;
  #connecting: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #following = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(parts: BatchSinkParts) {
    this.name = parts.name;
    this.#parts = parts;
    this.#outage = new Outage(parts.what, silentLogger);
  }

  start({ logger }: { readonly logger: Logger }): void {
    this.#outage = new Outage(this.#parts.what, logger);
  }

  write(records: readonly SpanRecord[]): void {
    if (this.#closing !== undefined || records.length === 0) return;
    const room = this.#parts.settings.maxQueueSize - this.#waiting.length - this.#underWay.size;
    const taken = room >= records.length ? records : records.slice(0, Math.max(0, room));
    if (taken.length < records.length)
      this.#outage.failed(
        new Error("Spans end faster than they are taken."),
        records.length - taken.length,
      );
    if (this.#pipe !== undefined) this.#give(this.#pipe, taken);
    else {
      this.#waiting.push(...taken);
      if (this.#retry === undefined) this.#connecting ??= this.#connect();
    }
  }

  async flush(): Promise<void> {
    await this.#within(async () => {
      if (this.#pipe === undefined) {
        if (this.#waiting.length === 0) return;
        this.#connecting ??= this.#connect();
        await this.#connecting;
      }
      // Rejects when an export fails: the outage has told that already.
      await this.#pipe?.processor.forceFlush().catch(() => undefined);
      await Promise.allSettled(this.#following);
    });
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#retry);
    const lost = this.#waiting.length;
    this.#waiting = [];
    if (lost > 0) this.#outage.failed(new Error("The process ends."), lost);
    await this.#within(async () => {
      await this.#pipe?.processor.shutdown().catch(() => undefined);
    });
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      const sdk = await loadOtelSdk();
      const exporter = await untraced(sdk, () => this.#parts.createExporter(sdk));
      const { settings, serviceName } = this.#parts;
      this.#pipe = {
        sdk,
        resource: serviceResource(sdk.resources, serviceName),
        processor: new sdk.trace.BatchSpanProcessor({
          exporter: watchedExporter(exporter, settings.exportTimeoutMs, this.#exported),
          // The bound is ours, so that what is dropped is counted; this one is never reached.
          maxQueueSize: settings.maxQueueSize + settings.maxBatchSize,
          maxExportBatchSize: settings.maxBatchSize,
          scheduledDelayMillis: settings.scheduleDelayMs,
          exportTimeoutMillis: settings.exportTimeoutMs + 1_000,
        }),
      };
      const records = this.#waiting;
      this.#waiting = [];
      this.#give(this.#pipe, records);
    } catch (error) {
      this.#outage.failed(error, 0);
      // Kept alive by nothing: the next span or this timer tries again.
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        if (this.#closing === undefined) this.#connecting ??= this.#connect();
      }, RETRY_MS).unref();
    } finally {
      this.#connecting = undefined;
    }
  }

  #give({ processor, resource }: Pipe, records: readonly SpanRecord[]): void {
    for (const record of records) {
      const span = readableSpan(record, resource);
      this.#underWay.set(span, record);
      processor.onEnd(span);
    }
  }

  readonly #exported = (spans: readonly ReadableSpan[], error: Error | undefined): void => {
    const records = spans.map((span) => this.#underWay.get(span)!);
    for (const span of spans) this.#underWay.delete(span);
    if (error !== undefined) {
      this.#outage.failed(error, spans.length);
      return;
    }
    this.#outage.worked();
    const { onExported } = this.#parts;
    if (onExported === undefined) return;
    const following = untraced(this.#pipe!.sdk, () => onExported(records)).catch(
      (thrown: unknown) => {
        this.#outage.failed(thrown, 0);
      },
    );
    this.#following.add(following);
    void following.then(() => this.#following.delete(following));
  };

  /** Every wait for a backend ends. */
  async #within(work: () => Promise<void>): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#parts.settings.flushTimeoutMs);
    try {
      await Promise.race([work(), over]);
    } finally {
      clearTimeout(timer);
    }
  }
}
