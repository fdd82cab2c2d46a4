import type { Attributes, HrTime, SpanContext } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { mlflowTraceId } from "@wheelhouse/core";
import type { SpanRecord } from "../span/span-record.js";

/** OpenTelemetry's numbers, by their names: the package is loaded later. */
const KIND = { internal: 0, server: 1 } as const;
const STATUS = { ok: 1, error: 2 } as const;
const SAMPLED = 1;

/** A record as OpenTelemetry's exporters take spans, with the attributes MLflow reads (mlflow-today, chapter 6). */
export function readableSpan(record: SpanRecord, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentId, isRoot, startTime, endTime, outcome, message } = record;
  const context: SpanContext = { traceId, spanId, traceFlags: SAMPLED };
  const end = Math.max(startTime, endTime);
  const failed = outcome === "error" || outcome === "cancelled";
  const dropped = record.attributes["wheelhouse.dropped"];
  return {
    name: record.name,
    kind: isRoot && record.type === "AGENT" ? KIND.server : KIND.internal,
    spanContext: () => context,
    ...(parentId === undefined
      ? {}
      : {
          parentSpanContext: { traceId, spanId: parentId, traceFlags: SAMPLED, isRemote: isRoot },
        }),
    startTime: hrTime(startTime),
    endTime: hrTime(end),
    duration: hrTime(end - startTime),
    status: failed ? { code: STATUS.error, message: message ?? "" } : { code: STATUS.ok },
    attributes: attributesOf(record),
    links: [],
    events: record.events.map(({ name, time, attributes }) => ({
      name,
      time: hrTime(time),
      attributes: attributes as Attributes,
      droppedAttributesCount: 0,
    })),
    ended: true,
    resource,
    instrumentationScope: { name: "@wheelhouse/tracing" },
    droppedAttributesCount: typeof dropped === "number" ? dropped : 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function attributesOf(record: SpanRecord): Attributes {
  return {
    ...(record.attributes as Attributes),
    // Where it is not known MLflow finds it out from the attributes of other conventions.
    ...(record.type === "UNKNOWN" ? {} : { "mlflow.spanType": record.type }),
    ...(record.inputs === undefined ? {} : { "mlflow.spanInputs": record.inputs }),
    ...(record.outputs === undefined ? {} : { "mlflow.spanOutputs": record.outputs }),
    ...(record.isRoot ? { "mlflow.traceRequestId": mlflowTraceId(record.traceId) } : {}),
  };
}

/** Seconds and nanoseconds of Unix milliseconds with fractions, or of a duration. */
function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.min(999_999_999, Math.round((milliseconds - seconds * 1000) * 1e6))];
}
