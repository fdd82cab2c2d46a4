import type { SpanAttribute } from "@wheelhouse/core";
import { boundedJson } from "../values/bounded-json.js";
import { cut } from "../values/copy-value.js";
import { redactText } from "../values/secret-patterns.js";
import { addAttributes, recordAttributes } from "./record-attributes.js";
import type { RecordingSpan } from "./recording-span.js";
import { addRunFacts, type TokenUsage, tokenUsage } from "./run-facts.js";
import type { SpanMoment, SpanOutcome, SpanRecord } from "./span-record.js";

/** Codes of the table of errors that mean "somebody stopped it". */
const CANCELLED = new Set(["cancelled", "superseded", "client_disconnected", "shutting_down"]);

/** Characters of a name or of what an error said. */
const MAX_NAME = 500;
const MAX_MESSAGE = 4_000;

const NO_MOMENTS: readonly SpanMoment[] = [];

/** Makes the record of a span that has ended. `bound` is the characters of inputs, of outputs, of an attribute. */
export function recordSpan(span: RecordingSpan, bound: number): SpanRecord {
  const { place, traceId, spanId, startTime, endTime = startTime, moments } = span;
  const attributes: Record<string, SpanAttribute> = {};
  const incomplete = place.isRoot ? addRootAttributes(attributes, span) : undefined;
  if (span.attributes !== undefined) addAttributes(attributes, span.attributes, bound);
  const outcome = outcomeOf(span, incomplete);
  if (outcome === "cancelled" || outcome === "incomplete")
    attributes["wheelhouse.status"] = outcome;
  if (span.dropped > 0) attributes["wheelhouse.dropped"] = span.dropped;
  return {
    traceId,
    spanId,
    parentId: place.parentId,
    isRoot: place.isRoot,
    name: cut(place.name, MAX_NAME) || "unnamed",
    type: place.type,
    startTime,
    endTime,
    outcome,
    message: span.message === undefined ? undefined : redactText(cut(span.message, MAX_MESSAGE)),
    inputs: span.hasInputs ? boundedJson(span.inputs, bound) : undefined,
    outputs: span.hasOutputs ? boundedJson(span.outputs, bound) : undefined,
    attributes,
    events: moments === undefined ? NO_MOMENTS : moments.map(recordMoment),
  };
}

function recordMoment({ name, time, attributes }: SpanMoment): SpanMoment {
  return { name: cut(name, MAX_NAME), time, attributes: recordAttributes(attributes, MAX_MESSAGE) };
}

/** Gives why the answer is not whole; undefined for one that is. */
function addRootAttributes(
  to: Record<string, SpanAttribute>,
  span: RecordingSpan,
): string | undefined {
  if (span.place.type === "AGENT") {
    to["gen_ai.operation.name"] = "invoke_agent";
    to["gen_ai.provider.name"] = "wheelhouse";
    to["gen_ai.agent.name"] = cut(span.place.name, MAX_NAME);
  }
  if (span.firstTokenTime !== undefined)
    to["gen_ai.response.time_to_first_chunk"] = (span.firstTokenTime - span.startTime) / 1000;
  const told = tokenUsage(span.usage);
  try {
    const { usage, incomplete } = addRunFacts(to, span.inputs, span.outputs);
    addUsage(to, told ?? usage);
    return incomplete;
  } catch {
    // The outputs are the author's own objects: reading them may throw.
    addUsage(to, told);
    return undefined;
  }
}

/** In MLflow's form, which is JSON text, and in the GenAI conventions'. */
function addUsage(to: Record<string, SpanAttribute>, usage: TokenUsage | undefined): void {
  if (usage === undefined) return;
  to["mlflow.chat.tokenUsage"] = JSON.stringify(usage);
  to["gen_ai.usage.input_tokens"] = usage.input_tokens;
  to["gen_ai.usage.output_tokens"] = usage.output_tokens;
  if (usage.cache_read_input_tokens !== undefined)
    to["gen_ai.usage.cache_read.input_tokens"] = usage.cache_read_input_tokens;
}

function outcomeOf(span: RecordingSpan, incomplete: string | undefined): SpanOutcome {
  if (span.status === "error") {
    const code = span.attributes?.["error.type"];
    return typeof code === "string" && CANCELLED.has(code) ? "cancelled" : "error";
  }
  return incomplete === undefined ? "ok" : "incomplete";
}
