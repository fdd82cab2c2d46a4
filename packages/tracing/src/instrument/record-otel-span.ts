import type { HrTime } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { SpanAttribute, SpanId, SpanType, TraceId } from "@wheelhouse/core";
import { recordAttributes } from "../span/record-attributes.js";
import type { SpanRecord } from "../span/span-record.js";
import { boundedJson } from "../values/bounded-json.js";
import { cut } from "../values/copy-value.js";
import { redactText } from "../values/secret-patterns.js";

/** Attributes one span may have here; instrumentations may set hundreds. */
const MAX_ATTRIBUTES = 256;
const MAX_EVENTS = 128;

/** OpenTelemetry's number for it. */
const STATUS_ERROR = 2;

/** By `gen_ai.operation.name` (GenAI conventions). */
const OPERATIONS: Readonly<Record<string, SpanType>> = {
  chat: "CHAT_MODEL",
  generate_content: "LLM",
  text_completion: "LLM",
  embeddings: "EMBEDDING",
  execute_tool: "TOOL",
  invoke_agent: "AGENT",
  create_agent: "AGENT",
};

/** Where instrumentations put what went in and came out: the conventions' names, then the AI SDK's own. */
const INPUTS = [
  "mlflow.spanInputs",
  "gen_ai.input.messages",
  "gen_ai.tool.call.arguments",
  "ai.prompt.messages",
  "ai.prompt",
  "ai.toolCall.args",
];
const OUTPUTS = [
  "mlflow.spanOutputs",
  "gen_ai.output.messages",
  "gen_ai.tool.call.result",
  "ai.response.text",
  "ai.response.object",
  "ai.toolCall.result",
];

/** A span that an instrumentation made through OpenTelemetry's API, as a record: bounded and redacted as our own. */
export function recordOtelSpan(span: ReadableSpan, bound: number): SpanRecord {
  const { traceId, spanId } = span.spanContext();
  const { parentSpanContext: parent, attributes, status } = span;
  const startTime = milliseconds(span.startTime);
  const endTime = milliseconds(span.endTime);
  const code: number = status.code;
  const failed = code === STATUS_ERROR;
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return {
    traceId: traceId as TraceId,
    spanId: spanId as SpanId,
    parentId: parent?.spanId as SpanId | undefined,
    isRoot: parent === undefined || parent.isRemote === true,
    name: cut(span.name, 500) || "unnamed",
    type: typeOf(attributes),
    startTime,
    endTime: Math.max(startTime, endTime),
    outcome: failed ? "error" : "ok",
    message: failed ? redactText(cut(status.message ?? "", 4_000)) : undefined,
    inputs: firstOf(attributes, INPUTS, bound),
    outputs: firstOf(attributes, OUTPUTS, bound),
    attributes: recordAttributes(
      Object.fromEntries(entries.slice(0, MAX_ATTRIBUTES)) as Record<string, SpanAttribute>,
      bound,
    ),
    events: span.events.slice(0, MAX_EVENTS).map((event) => ({
      name: cut(event.name, 500),
      time: milliseconds(event.time),
      attributes: recordAttributes(
        (event.attributes ?? {}) as Record<string, SpanAttribute>,
        4_000,
      ),
    })),
  };
}

const TYPES: ReadonlySet<string> = new Set<SpanType>([
  "AGENT",
  "CHAIN",
  "CHAT_MODEL",
  "EMBEDDING",
  "LLM",
  "MEMORY",
  "PARSER",
  "RERANKER",
  "RETRIEVER",
  "TOOL",
]);

type Attributes = Readonly<Record<string, unknown>>;

function typeOf(attributes: Attributes): SpanType {
  const own = attributes["mlflow.spanType"] ?? attributes["openinference.span.kind"];
  if (typeof own === "string" && TYPES.has(own)) return own as SpanType;
  const operation = OPERATIONS[String(attributes["gen_ai.operation.name"])];
  if (operation !== undefined) return operation;
  const ai = attributes["ai.operationId"];
  if (typeof ai !== "string") return "UNKNOWN";
  if (ai === "ai.toolCall") return "TOOL";
  if (/\.do(Generate|Stream)$/.test(ai)) return "CHAT_MODEL";
  return /embed/i.test(ai) ? "EMBEDDING" : "CHAIN";
}

/** The text of the first that is there; what is JSON already stays as it is. */
function firstOf(
  attributes: Attributes,
  names: readonly string[],
  bound: number,
): string | undefined {
  const name = names.find((candidate) => attributes[candidate] !== undefined);
  if (name === undefined) return undefined;
  const value = attributes[name];
  if (typeof value !== "string" || value.length > bound) return boundedJson(value, bound);
  try {
    return boundedJson(JSON.parse(value), bound);
  } catch {
    return boundedJson(value, bound);
  }
}

const milliseconds = ([seconds, nanoseconds]: HrTime): number => seconds * 1e3 + nanoseconds / 1e6;
