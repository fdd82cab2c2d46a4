import type { ExportResult } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";

/** What an exporter did with a batch. */
export type Exported = (spans: readonly ReadableSpan[], error: Error | undefined) => void;

/** An exporter that tells how each batch went, exactly once, and that cannot hang: the time limit is a failure. */
export function watchedExporter(
  exporter: SpanExporter,
  timeoutMs: number,
  exported: Exported,
): SpanExporter {
  return {
    export(spans, callback) {
      let done = false;
      const settle = (result: ExportResult): void => {
        if (done) return;
        done = true;
        clearTimeout(timer);
        const code: number = result.code;
        const failed = code !== 0;
        exported(spans, failed ? (result.error ?? new Error("The export failed.")) : undefined);
        callback(result);
      };
      const timer = setTimeout(() => {
        settle({ code: 1, error: new Error(`No answer within ${timeoutMs} ms.`) });
      }, timeoutMs);
      timer.unref();
      try {
        exporter.export(spans, settle);
      } catch (error) {
        settle({ code: 1, error: error instanceof Error ? error : new Error(String(error)) });
      }
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
