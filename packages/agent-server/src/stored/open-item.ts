import type { Annotation, OutputItem } from "@wheelhouse/core";

type Fields = Readonly<Record<string, unknown>>;

/** Parts that hold streamed text. */
export type OpenPartType = "output_text" | "refusal" | "reasoning_text" | "summary_text";

/** A part of an open item, with what was streamed of it. */
export interface OpenPart {
  readonly type: OpenPartType;
  /** `content_index`, or `summary_index` for a summary text. */
  readonly index: number;
  text: string;
  readonly annotations: Annotation[];
  /** Its `*_text.done` or `refusal.done` is in the log. */
  textDone: boolean;
  /** Its `content_part.done` or `reasoning_summary_part.done` is in the log. */
  closed: boolean;
}

/** An item that was added and is not done. */
export interface OpenItem {
  readonly outputIndex: number;
  /** As it was added. */
  readonly item: OutputItem;
  /** By `content_index`. */
  readonly content: Map<number, OpenPart>;
  /** By `summary_index`. */
  readonly summary: Map<number, OpenPart>;
  /** Argument deltas of a `function_call` or `mcp_call`, joined. */
  arguments: string;
  /** The event that ends the arguments is in the log. */
  argumentsDone: boolean;
  /** `mcp_call.completed` or `mcp_call.failed` is in the log. */
  settled: boolean;
}

/** An item as it is when it is added. */
export function openItem(outputIndex: number, item: OutputItem): OpenItem {
  return {
    outputIndex,
    item,
    content: new Map(),
    summary: new Map(),
    arguments: "",
    argumentsDone: false,
    settled: false,
  };
}

/** Takes one event of an open item into account; one that does not fit is passed over. */
export function advanceItem(open: OpenItem, type: string, event: Fields): void {
  switch (type) {
    case "response.content_part.added":
      addPart(open.content, event["content_index"], event["part"]);
      return;
    case "response.reasoning_summary_part.added":
      addPart(open.summary, event["summary_index"], event["part"]);
      return;
    case "response.output_text.delta":
      addText(partOf(open, "output_text", event), event["delta"]);
      return;
    case "response.refusal.delta":
      addText(partOf(open, "refusal", event), event["delta"]);
      return;
    case "response.reasoning_text.delta":
      addText(partOf(open, "reasoning_text", event), event["delta"]);
      return;
    case "response.reasoning_summary_text.delta":
      addText(partOf(open, "summary_text", event), event["delta"]);
      return;
    case "response.output_text.annotation.added":
      if (isFields(event["annotation"]))
        partOf(open, "output_text", event)?.annotations.push(event["annotation"] as Annotation);
      return;
    case "response.output_text.done":
      endText(partOf(open, "output_text", event));
      return;
    case "response.refusal.done":
      endText(partOf(open, "refusal", event));
      return;
    case "response.reasoning_text.done":
      endText(partOf(open, "reasoning_text", event));
      return;
    case "response.reasoning_summary_text.done":
      endText(partOf(open, "summary_text", event));
      return;
    case "response.content_part.done":
      closePart(open.content.get(event["content_index"] as number));
      return;
    case "response.reasoning_summary_part.done":
      closePart(partOf(open, "summary_text", event));
      return;
    case "response.function_call_arguments.delta":
    case "response.mcp_call_arguments.delta":
      if (typeof event["delta"] === "string" && !open.argumentsDone)
        open.arguments += event["delta"];
      return;
    case "response.function_call_arguments.done":
    case "response.mcp_call_arguments.done":
      open.argumentsDone = true;
      return;
    case "response.mcp_call.completed":
    case "response.mcp_call.failed":
      open.settled = true;
      return;
    default:
  }
}

/** An object, as opposed to what a damaged entry may hold. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A count or index as a log may hold it. */
export function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function addPart(parts: Map<number, OpenPart>, index: unknown, part: unknown): void {
  if (!isIndex(index) || parts.has(index) || !isFields(part)) return;
  const type = part["type"];
  switch (type) {
    case "output_text":
    case "refusal":
    case "reasoning_text":
    case "summary_text":
      parts.set(index, { type, index, text: "", annotations: [], textDone: false, closed: false });
      return;
    default:
  }
}

/** The part that an event names, where it is of that type. */
function partOf(open: OpenItem, type: OpenPartType, event: Fields): OpenPart | undefined {
  const part =
    type === "summary_text"
      ? open.summary.get(event["summary_index"] as number)
      : open.content.get(event["content_index"] as number);
  return part?.type === type ? part : undefined;
}

function addText(part: OpenPart | undefined, delta: unknown): void {
  if (part !== undefined && !part.textDone && typeof delta === "string") part.text += delta;
}

function endText(part: OpenPart | undefined): void {
  if (part !== undefined) part.textDone = true;
}

function closePart(part: OpenPart | undefined): void {
  if (part !== undefined) part.closed = part.textDone = true;
}
