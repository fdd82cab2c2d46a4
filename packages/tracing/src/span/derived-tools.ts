import { createSpanId } from "@wheelhouse/core";
import { boundedJson } from "../values/bounded-json.js";
import { cut } from "../values/copy-value.js";
import { redactText } from "../values/secret-patterns.js";
import { recordAttributes } from "./record-attributes.js";
import type { RecordingSpan } from "./recording-span.js";
import type { SpanRecord } from "./span-record.js";
import { type ToolCall, toolAttributes, toolCallOf } from "./tool-call.js";

/** Items looked at, and tool calls that become spans. */
const MAX_ITEMS = 1_000;
const MAX_CALLS = 100;

/**
 * The tool calls in a run's outputs, for a run whose events nobody saw: a function that returned its whole
 * answer. When they ran is not known: they are put at the run's end, and say so.
 */
export function derivedToolRecords(run: RecordingSpan, bound: number): SpanRecord[] {
  if (run.isObserved || !run.place.isRoot || !run.hasOutputs) return [];
  try {
    return answeredCalls(run.outputs)
      .slice(0, MAX_CALLS)
      .map((call) => toRecord(run, call, bound));
  } catch {
    // The outputs are the author's own objects: reading them may throw.
    return [];
  }
}

function answeredCalls(outputs: unknown): ToolCall[] {
  const { output } = (outputs ?? {}) as { output?: unknown };
  if (!Array.isArray(output)) return [];
  const open = new Map<string, ToolCall>();
  const answered: ToolCall[] = [];
  for (const item of output.slice(0, MAX_ITEMS)) {
    const call = toolCallOf(item);
    if (call === undefined) continue;
    if (call.part === "whole") answered.push(call);
    else if (call.part === "call") open.set(call.key, call);
    else {
      const asked = open.get(call.key);
      if (asked !== undefined) answered.push({ ...asked, outputs: call.outputs });
    }
  }
  return answered;
}

function toRecord(run: RecordingSpan, call: ToolCall, bound: number): SpanRecord {
  const time = run.endTime ?? run.startTime;
  return {
    traceId: run.traceId,
    spanId: createSpanId(),
    parentId: run.spanId,
    isRoot: false,
    name: cut(call.name, 500),
    type: "TOOL",
    startTime: time,
    endTime: time,
    outcome: call.error === undefined ? "ok" : "error",
    message: call.error === undefined ? undefined : redactText(cut(call.error, 4_000)),
    inputs: call.inputs === undefined ? undefined : boundedJson(call.inputs, bound),
    outputs: call.outputs === undefined ? undefined : boundedJson(call.outputs, bound),
    attributes: {
      ...recordAttributes(toolAttributes(call), bound),
      "wheelhouse.timing": "unknown",
    },
    events: [],
  };
}
